"""The document says what the gateway does: routes, types, examples, and the committed copy."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from api_gateway.app import build
from api_gateway.docs_page import STYLE, page, policy
from api_gateway.examples import EXAMPLES
from api_gateway.faults import MESSAGES
from api_gateway.openapi import document, render
from api_gateway.routes import ALL
from api_gateway.routing import PREFIX, Route
from shared import errors
from shared.settings import read_settings

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
DOCUMENT = document(ALL)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that stands alone."""
    return {**schema, "components": DOCUMENT["components"]}


def test_the_committed_copy_is_up_to_date() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == render(ALL), "run: python -m api_gateway.openapi"


def test_every_route_is_documented_and_every_documented_one_exists() -> None:
    settings = read_settings(
        {"DATABASE_URL": "postgresql:///nowhere", "REDIS_URL": "redis://localhost:1", "SECRET_KEY": "x" * 32}
    )
    served = {
        (route.method, route.resource.canonical)
        for route in build(settings).router.routes()
        if route.resource is not None and route.resource.canonical.startswith(PREFIX)
    }
    documented = {
        (method.upper(), PREFIX + path) for path, operations in DOCUMENT["paths"].items() for method in operations
    }
    heads = {("HEAD", route.path) for route in ALL if route.method == "GET" and route.bounded}
    assert documented == served - heads == {(route.method, route.path) for route in ALL}
    assert heads <= served


def test_names_are_used_once() -> None:
    names = [route.name for route in ALL]
    assert len(names) == len(set(names))
    assert set(EXAMPLES) <= set(names)


@pytest.mark.parametrize("route", ALL, ids=lambda route: route.name)
def test_every_route_has_an_example_that_holds(route: Route) -> None:
    operation = DOCUMENT["paths"][route.path.removeprefix(PREFIX)][route.method.lower()]
    if route.body is not None:
        content = operation["requestBody"]["content"]["application/json"]
        jsonschema_rs.validator_for(resolved(content["schema"])).validate(content["example"])
        msgspec.convert(content["example"], route.body)
    if route.reply is not None:
        content = operation["responses"][str(route.status)]["content"]["application/json"]
        jsonschema_rs.validator_for(resolved(content["schema"])).validate(content["example"])
    assert set(EXAMPLES[route.name].path if route.name in EXAMPLES else ()) == set(re.findall(r"{(\w+)}", route.path))


def test_error_examples_hold() -> None:
    for response in DOCUMENT["components"]["responses"].values():
        content = response["content"]["application/json"]
        validator = jsonschema_rs.validator_for(resolved(content["schema"]))
        assert content["examples"]
        for example in content["examples"].values():
            validator.validate(example["value"])


def test_every_error_of_the_tree_is_told_of() -> None:
    tree = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ServiceError)]
    assert set(MESSAGES) == set(tree) - {errors.ServiceError}


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'"\$ref":\s*"#/components/(\w+)/([\w-]+)"', render(ALL)):
        assert reference[1] in DOCUMENT["components"][reference[0]]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                self.links.append(value or "")
            if name == "id":
                self.ids.add(value or "")
            assert name not in {"style", "onclick", "onload"}


def test_the_page_needs_nothing_from_elsewhere() -> None:
    reader = Reader()
    text = page(DOCUMENT)
    reader.feed(text)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    assert {link.removeprefix("#") for link in reader.links} <= reader.ids
    assert {route.name for route in ALL} <= reader.ids
    assert f"<style>{STYLE}</style>" in text
    assert "script-src" not in policy()
    assert "default-src 'none'" in policy()


def test_the_page_escapes() -> None:
    hostile = msgspec.json.decode(render(ALL).replace("Scanfleet", "<script>alert(1)</script>"))
    assert "<script>" not in page(hostile)
