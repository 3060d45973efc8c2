"""The OpenAPI 3.1 document, made from the route table and the types that validate requests and shape replies.

`python -m api_gateway.openapi` writes it to docs/openapi.json, where a change of it is part of review.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from api_gateway.examples import EXAMPLES, META, Example
from api_gateway.faults import faults_of, response_name, responses
from api_gateway.headers import HEADERS, headers_of
from api_gateway.parameters import Parameter
from api_gateway.routing import PREFIX, Route
from shared.intake import IDEMPOTENCY_KEY

Json = dict[str, Any]

REF = "#/components/schemas/{name}"
ABOUT = """Scans websites for SEO problems.

Every JSON answer stands in an envelope: `success`, then `data` or `error`, and `meta` with the request's id. Send a
credential as `Authorization: Bearer …`: an API key (`sk_live_…`, `sk_test_…`) or the token of `POST /auth/login`.
Without one a caller is a guest, known by address."""
ID = {"type": "string", "format": "uuid"}
SCHEMAS: Json = {"application/json": {"type": "object"}, "text/html": {"type": "string"}}
"""Of answers that have no type of their own. An event stream or a download is described in words only."""
SECURITY_SCHEMES: Json = {
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `sk_live_…` or `sk_test_…`, with the scopes that the endpoint names.",
    },
    "login": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `access_token` of POST /auth/login. It carries all scopes and holds for 24 hours.",
    },
}
ENVELOPE: Json = {
    "Meta": {
        "type": "object",
        "description": "About the answer itself; `request_id` is also the header X-Request-Id.",
        "properties": {
            "timestamp": {"type": "string", "format": "date-time"},
            "version": {"type": "string"},
            "request_id": {"type": "string"},
        },
        "required": ["timestamp", "version", "request_id"],
    },
    "Error": {
        "type": "object",
        "description": "`param` names the field or parameter at fault; `retry_after` is in seconds, on 429 only.",
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "param": {"type": "string"},
            "retry_after": {"type": "integer", "minimum": 1},
        },
        "required": ["code", "message"],
    },
}


def _security(route: Route) -> list[Json]:
    if route.jwt:
        return [{"login": []}]
    if route.scope is None:
        return []
    keys: list[Json] = [{"api_key": [route.scope]}, {"login": [route.scope]}]
    return [{}, *keys] if route.guest else keys


def _query(parameter: Parameter) -> Json:
    schema = msgspec.json.schema(parameter.type)
    if parameter.default is not None:
        schema["default"] = parameter.default
    told: Json = {"name": parameter.name, "in": "query", "description": parameter.about, "schema": schema}
    if parameter.required:
        told["required"] = True
    return told | ({"example": parameter.example} if parameter.example is not None else {})


def _parameters(route: Route, example: Example) -> list[Json]:
    found: list[Json] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": ID,
            **({"example": example.path[name]} if name in example.path else {}),
        }
        for name in re.findall(r"{(\w+)}", route.path)
    ]
    found += [_query(one) for one in route.query]
    if route.idempotent:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Repeats of a request with the same key and body get the first reply, for 24 hours.",
                "schema": {"type": "string", "pattern": IDEMPOTENCY_KEY, "minLength": 1, "maxLength": 255},
                "example": "6f0d1c2e-order-7",
            }
        )
    return found


def _success(route: Route, schemas: dict[Any, Json], example: Example) -> Json:
    told: Json = {"description": route.summary, "headers": headers_of(route)}
    if route.reply is None:
        plain = SCHEMAS.get(route.media)
        told["content"] = {route.media: {"schema": plain} if plain else {}}
        return told
    schema: Json = {
        "type": "object",
        "properties": {
            "success": {"const": True},
            "data": schemas[route.reply],
            "meta": {"$ref": REF.format(name="Meta")},
        },
        "required": ["success", "data", "meta"],
    }
    content: Json = {"schema": schema}
    if example.reply is not None:
        content["example"] = {"success": True, "data": example.reply, "meta": META}
    told["content"] = {route.media: content}
    return told


def _operation(route: Route, schemas: dict[Any, Json]) -> Json:
    example = EXAMPLES.get(route.name, Example())
    told: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "description": (getattr(route.handler, "__doc__", None) or route.summary).replace("\n    ", "\n").strip(),
        "tags": [route.path.removeprefix(PREFIX).split("/")[1]],
        "security": _security(route),
    }
    if parameters := _parameters(route, example):
        told["parameters"] = parameters
    if route.body is not None:
        content: Json = {"schema": schemas[route.body]}
        if example.body is not None:
            content["example"] = example.body
        told["requestBody"] = {"required": True, "content": {"application/json": content}}
    told["responses"] = {str(route.status): _success(route, schemas, example)} | {
        str(status): {"$ref": f"#/components/responses/{response_name(status, errors)}"}
        for status, errors in sorted(faults_of(route).items())
    }
    return told


def _without_nul(schema: Any) -> None:  # noqa: ANN401
    """Say of every free text in a request that it may not hold NUL, which Postgres can't store."""
    if isinstance(schema, dict):
        found = cast("Json", schema)
        if found.get("type") == "string" and not {"pattern", "enum", "const", "format"} & set(found):
            found["pattern"] = r"^[^\x00]*$"
        for one in found.values():
            _without_nul(one)
    elif isinstance(schema, list):
        for one in cast("Sequence[Any]", schema):
            _without_nul(one)


def document(routes: Sequence[Route]) -> Json:
    """The whole document."""
    types = list(dict.fromkeys(one for route in routes for one in (route.body, route.reply) if one is not None))
    references, components = msgspec.json.schema_components(types, ref_template=REF)
    schemas = dict(zip(types, references, strict=True))
    bodies = [route.body for route in routes if route.body is not None]
    for name in msgspec.json.schema_components(bodies, ref_template=REF)[1]:
        _without_nul(components[name])
    paths: Json = {}
    for route in sorted(routes, key=lambda one: one.path):
        operations = paths.setdefault(route.path.removeprefix(PREFIX), {})
        operations[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Scanfleet", "version": "1.0", "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "headers": HEADERS,
            "schemas": dict(sorted((ENVELOPE | components).items())),
            "responses": responses(routes),
        },
    }


def render(routes: Sequence[Route]) -> str:
    """The document as it is committed."""
    return msgspec.json.format(msgspec.json.encode(document(routes)), indent=2).decode() + "\n"


def main() -> int:
    """Write docs/openapi.json."""
    from api_gateway.routes import ALL  # noqa: PLC0415 - one of the routes serves this document

    path = Path(__file__).parents[1] / "docs" / "openapi.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(render(ALL), encoding="utf-8")
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
