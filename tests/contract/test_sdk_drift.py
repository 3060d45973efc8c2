"""The SDKs and the API's document say the same: operations, parameters, bodies, fields, types."""

import json
import re
from typing import Any

import pytest

from tests.contract import sdk_sources
from tests.contract.sdk_sources import SDK, Field, Model, Operation

DOCUMENT: dict[str, Any] = json.loads((SDK.parent / "docs/openapi.json").read_text(encoding="utf-8"))
DOCUMENTED: dict[str, Any] = DOCUMENT["components"]["schemas"]
RULES = [one["$ref"].rpartition("/")[2] for one in DOCUMENTED["MonitorItem"]["properties"]["alerts"]["items"]["anyOf"]]
"""Kinds of alert rules, which the SDKs have as one model that takes what any of them takes."""
RULE = {
    "properties": {field: told for name in RULES for field, told in DOCUMENTED[name]["properties"].items()}
    | {"kind": {"enum": [DOCUMENTED[name]["properties"]["kind"]["enum"][0] for name in RULES]}},
    "required": ["kind"],
}
SCHEMAS = {name: told for name, told in DOCUMENTED.items() if name not in RULES} | {"AlertRule": RULE}
OPERATIONS: dict[Operation, Any] = {
    (method.upper(), path): told for path, methods in DOCUMENT["paths"].items() for method, told in methods.items()
}
FOR_PEOPLE: set[Operation] = {("GET", "/docs")}
IN_ENVELOPES = {"Error", "Meta"}
TOLD_OTHERWISE = {"ProgressEvent", "FindingEvent", "EndEvent", "WebhookData", "WebhookEvent"}
"""Events of streams and messages of webhooks stand in the document's words, not in its schemas."""
SENT = {"ScanOptions", "BasicAuth", "AlertRule"}
LANGUAGES = ["python", "js", "go"]
CALLS = {
    "python": sdk_sources.python_calls(),
    "js": sdk_sources.script_calls(),
    "go": sdk_sources.go_calls(),
}
MODELS = {
    "python": sdk_sources.python_models(),
    "js": sdk_sources.script_models(),
    "go": sdk_sources.go_models(),
}


def body_of(operation: Any) -> str | None:
    """The name of the schema of an operation's body."""
    content = operation.get("requestBody", {}).get("content", {})
    return content["application/json"]["schema"]["$ref"].rpartition("/")[2] if content else None


BODIES = {name for operation in OPERATIONS.values() if (name := body_of(operation)) is not None}


def kind_of(schema: Any) -> tuple[str, bool]:
    """A schema's type in the words of `Field`, and whether it may be null."""
    if "discriminator" in schema:
        return "AlertRule", False
    if "anyOf" in schema:
        inner = [one for one in schema["anyOf"] if one != {"type": "null"}]
        assert len(inner) == 1, schema
        return kind_of(inner[0])[0], len(inner) < len(schema["anyOf"])
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2], False
    if "enum" in schema:
        return sdk_sources.values([one for one in schema["enum"] if one is not None]), None in schema["enum"]
    name: str = schema["type"]
    if name == "array":
        return f"[{kind_of(schema.get('items', {'type': 'any'}))[0]}]", False
    if name == "object":
        held = schema.get("additionalProperties")
        return f"{{{kind_of(held)[0] if held and held is not True else 'any'}}}", False
    return ("date-time" if schema.get("format") == "date-time" else name), False


def wanted(name: str) -> dict[str, Field]:
    """A schema's fields."""
    schema = SCHEMAS[name]
    return {
        field: Field(*kind_of(told), field not in schema.get("required", ()))
        for field, told in schema["properties"].items()
    }


def plain(kind: str, language: str) -> str:
    """The type as far as the language tells types apart."""
    if language == "js":
        kind = re.sub(r"\b(integer|number)\b", "number", kind).replace("date-time", "string")
    return re.sub(r"[\w.]+(\|[\w.]+)+", "closed", kind) if language == "go" else kind


def as_told(field: Field, language: str, *, sent: bool) -> Field:
    """The field as the language's source should have it."""
    kind = plain(field.kind, language)
    if language == "python":
        return Field(kind, field.nullable or field.optional, field.optional)
    if language == "js":
        return Field(kind, field.nullable and not sent, field.optional)
    # In Go a pointer is what may be missing; lists and maps may be nil as they are.
    pointer = (field.nullable or field.optional) and kind[0] not in "[{"
    return Field(kind, pointer, field.optional and sent)


def same(language: str, name: str, found: Model, *, sent: bool) -> list[str]:
    """What is different between a model and the schema of its name."""
    expected = {field: as_told(told, language, sent=sent) for field, told in wanted(name).items()}
    different = [
        f"{name}.{field} is {'missing' if field not in found else 'unknown'}"
        for field in expected.keys() ^ found.keys()
    ]
    for field in expected.keys() & found.keys():
        told = found[field]._replace(kind=plain(found[field].kind, language))
        loose = language == "go" and expected[field].kind in {"closed", "Bearer"} and told.kind == "string"
        if told != expected[field] and not (loose and told[1:] == expected[field][1:]):
            different.append(f"{name}.{field}: {told} instead of {expected[field]}")
    return sorted(different)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_operation_is_there_and_no_other(language: str) -> None:
    assert set(CALLS[language]) == set(OPERATIONS) - FOR_PEOPLE


@pytest.mark.parametrize("language", LANGUAGES)
def test_methods_have_the_operations_names(language: str) -> None:
    def named(operation_id: str) -> str:
        words = operation_id.split("_")
        first = words[0] if language == "js" else words[0].title()
        return operation_id if language == "python" else first + "".join(word.title() for word in words[1:])

    found = {call.function for call in CALLS[language].values() if call.function}
    streams = {"watch_scan", "export_json", "export_csv", "export_pdf", "export_html"}
    expected = {told["operationId"] for key, told in OPERATIONS.items() if key not in FOR_PEOPLE} - streams
    assert found == {named(one) for one in expected}


@pytest.mark.parametrize("language", LANGUAGES)
def test_parameters(language: str) -> None:
    for key, call in CALLS[language].items():
        told = {one["name"] for one in OPERATIONS[key].get("parameters", ()) if one["in"] == "query"}
        assert call.query == told, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_bodies(language: str) -> None:
    for key, call in CALLS[language].items():
        name = body_of(OPERATIONS[key])
        assert call.body == (frozenset(SCHEMAS[name]["properties"]) if name else frozenset()), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_keys_of_idempotency(language: str) -> None:
    """Exactly the operations that take one are given one."""
    told = {
        told["operationId"]
        for told in OPERATIONS.values()
        if any(one["name"] == "Idempotency-Key" for one in told.get("parameters", ()))
    }
    assert told == {"create_scan", "create_scans"}
    texts = {
        "python": (SDK / "python/src/scanfleet_client/aio.py").read_text(encoding="utf-8"),
        "js": (SDK / "js/src/client.js").read_text(encoding="utf-8"),
        "go": (SDK / "go/scans.go").read_text(encoding="utf-8"),
    }
    calls = re.findall(r"[( ]key(?:=|: )\w", texts[language])
    assert len(calls) == len(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_model_is_there_and_no_other(language: str) -> None:
    own = {name for name, model in MODELS[language].items() if model and name[0].isupper()}
    assert own - TOLD_OTHERWISE - BODIES == set(SCHEMAS) - IN_ENVELOPES - BODIES


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_and_types(language: str) -> None:
    found = MODELS[language]
    different = [
        line
        for name in sorted(set(SCHEMAS) & set(found) - BODIES)
        for line in same(language, name, found[name], sent=name in SENT)
    ]
    assert different == []


def test_closed_lists_of_go_have_the_documents_values() -> None:
    lists = {kind_of(told)[0] for schema in SCHEMAS.values() for told in schema.get("properties", {}).values()}
    known = {kind.strip("[]") for kind in lists}
    for name, model in MODELS["go"].items():
        if name not in TOLD_OTHERWISE:
            assert {field.kind.strip("[]") for field in model.values() if "|" in field.kind} <= known, name


def test_events_and_messages_are_the_same_in_all_languages() -> None:
    python = ast_events()
    for name in sorted(TOLD_OTHERWISE):
        assert set(MODELS["js"][name]) == set(MODELS["go"][name]) == python[name]


def ast_events() -> dict[str, set[str]]:
    """Names of the fields of the Python SDK's events."""
    text = (SDK / "python/src/scanfleet_client/events.py").read_text(encoding="utf-8")
    classes = re.findall(r"^class (\w+):\n(.*?)(?=\n\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    return {name: set(re.findall(r"^    (\w+): ", inner, re.MULTILINE)) for name, inner in classes}


def test_the_version_of_the_api_is_the_documents() -> None:
    for path in ("python/src/scanfleet_client/version.py", "js/src/version.js", "go/doc.go"):
        text = (SDK / path).read_text(encoding="utf-8")
        found = re.findall(r'(?:API_VERSION(?:: Final)?|APIVersion) = "(.*?)"', text)
        assert found == [DOCUMENT["info"]["version"]]


def test_a_difference_is_seen() -> None:
    """The comparison itself: a field too many, one too few, one of another type."""
    model = dict(MODELS["python"]["TokenItem"])
    model["colour"] = model.pop("name")
    model["id"] = Field("integer", nullable=False, optional=False)
    assert len(same("python", "TokenItem", model, sent=False)) == 3


def test_each_sdk_states_its_licence() -> None:
    licence = (SDK.parent / "LICENSE").read_text(encoding="utf-8")
    for language in LANGUAGES:
        assert (SDK / language / "LICENSE").read_text(encoding="utf-8") == licence
        assert "Apache" in (SDK / language / "README.md").read_text(encoding="utf-8")
