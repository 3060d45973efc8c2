"""What both clients have in common, and what values look like in a log."""

import base64
import inspect
import json

import pytest

from scanfleet_client import AsyncClient, BasicAuth, Client, ScanOptions, SignatureError, read_webhook
from scanfleet_client.aio import encode_given
from tests.fault_server import vectors


def methods(kind: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(one) for name, one in inspect.getmembers(kind, inspect.isfunction) if name[0] != "_"
    }


def test_both_clients_have_the_same_methods_arguments_and_words() -> None:
    aio, sync = methods(AsyncClient), methods(Client)
    assert aio.keys() == sync.keys()
    for name, signature in aio.items():
        assert signature.parameters == sync[name].parameters, name
        returned = str(sync[name].return_annotation).replace("Generator", "AsyncGenerator")
        assert str(signature.return_annotation) == returned, name
        if name != "close":
            assert getattr(AsyncClient, name).__doc__ == getattr(Client, name).__doc__, name


def test_secrets_for_the_scanned_site_stay_out_of_repr() -> None:
    options = ScanOptions(max_pages=5, basic_auth=BasicAuth(username="u", password="hush"), cookie="session=hush")
    assert "hush" not in repr(options)
    assert encode_given(options=options, webhook_url=None) == {
        "options": {"max_pages": 5, "basic_auth": {"username": "u", "password": "hush"}, "cookie": "session=hush"}
    }


def test_a_webhooks_message_is_read_once_it_is_verified() -> None:
    case = vectors("webhooks")["cases"][0]
    body = base64.b64decode(case["body_base64"])
    event = read_webhook(body, case["header"], case["secret"], now=case["now"])
    told = json.loads(body)
    assert (event.event, event.delivery_id, event.data.score) == ("scan.complete", told["delivery_id"], 81.5)
    assert event.data.issues.high == 2
    with pytest.raises(SignatureError, match="replay"):
        read_webhook(body, case["header"], case["secret"])
    with pytest.raises(ValueError, match="secret"):
        read_webhook(body, case["header"], "")
