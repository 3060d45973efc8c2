"""Faults in a body are told in the words of JSON, and name the field."""

import pytest

from api_gateway.routes.tokens import TokenRequest
from shared.errors import InvalidRequestError
from shared.requests import ScanRequest, decode_json

URL = '"url": "http://a/"'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "The body: must be an object, not a list."),
        ("{}", "url: this field is missing."),
        (f'{{{URL}, "colour": 1}}', "colour: unknown field."),
        ('{"url": 5}', "url: must be a string, not an integer."),
        ('{"url": ""}', "url: must be a string of at least 1 character."),
        (f'{{{URL}, "mode": "all"}}', "mode: invalid enum value 'all'."),
        (f'{{{URL}, "options": {{"nope": 1}}}}', "options.nope: unknown field."),
        (f'{{{URL}, "options": {{"delay_ms": -1}}}}', "options.delay_ms: must be an integer of at least 0."),
        (f'{{{URL}, "options": {{"delay_ms": "1"}}}}', "options.delay_ms: must be an integer or null, not a string."),
        (
            f'{{{URL}, "options": {{"cookie": "a\\tb"}}}}',
            r"options.cookie: must be a string that matches ^[^\\x00-\\x1f\\x7f]*$.",
        ),
    ],
)
def test_scan_request(body: str, message: str) -> None:
    with pytest.raises(InvalidRequestError) as told:
        decode_json(body.encode(), ScanRequest)
    assert told.value.message == message


def test_too_many() -> None:
    with pytest.raises(InvalidRequestError) as told:
        decode_json(b'{"name": "x", "scopes": [' + b",".join([b'"read"'] * 21) + b"]}", TokenRequest)
    assert (told.value.message, told.value.param) == ("scopes: must be a list of at most 20 items.", "scopes")
