"""The OpenAPI document as one HTML page: no script, one style sheet inside, folded with `<details>`."""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

Json = dict[str, Any]

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--get:#0a7d4b;--post:#1f5fbf;--delete:#b3261e;--patch:#8a5a00}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:17rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid var(--line);font-size:.85rem}
nav a{display:block;color:inherit;text-decoration:none;padding:.1rem 0}nav a:hover{text-decoration:underline}
main{padding:1rem 2rem 6rem;max-width:60rem}
h2{margin:2.5rem 0 .5rem;border-bottom:1px solid var(--line)}
article{border:1px solid var(--line);border-radius:.5rem;margin:.75rem 0;padding:.25rem 1rem}
article>h3{font-size:1rem;font-family:ui-monospace,monospace;margin:.5rem 0;overflow-wrap:anywhere}
b.m{display:inline-block;min-width:4rem}b.get{color:var(--get)}b.post{color:var(--post)}b.delete{color:var(--delete)}
b.patch{color:var(--patch)}
pre{background:var(--soft);padding:.75rem;border-radius:.4rem;overflow:auto;font-size:.8rem;max-height:30rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}
td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid var(--line)}
code{font-size:.9em}summary{cursor:pointer;padding:.25rem 0}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
"""


def policy() -> str:
    """The Content-Security-Policy that lets in nothing but the style sheet inside the page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _code(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _text(text: str) -> str:
    """Escaped, with `code` marked."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def type_of(schema: Json) -> str:
    """A schema in a few words, with a link where it is a component."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(type_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(json.dumps(one))}</code>" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"array of {type_of(schema.get('items', {}))}"
    bounds = ", ".join(
        f"{name} {schema[name]}"
        for name in ("format", "minimum", "maximum", "minLength", "maxLength", "pattern", "default")
        if schema.get(name) is not None
    )
    return escape(str(schema.get("type", "any")) + (f" ({bounds})" if bounds else ""))


def _properties(schema: Json) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield "<table><tr><th>field<th>type<th></tr>"
    for name, one in schema.get("properties", {}).items():
        needed = "" if name in required else " <small>optional</small>"
        about = _text(str(one.get("description", "")))
        yield f"<tr><td><code>{escape(name)}</code>{needed}<td>{type_of(one)}<td>{about}</tr>"
    yield "</table>"


def _access(operation: Json) -> str:
    schemes = operation["security"]
    if not schemes:
        return "Open to everybody."
    scopes = sorted({scope for one in schemes for names in one.values() for scope in names})
    if not scopes:
        return "Needs a login token."
    guests = " Guests may use it." if {} in schemes else ""
    return f"Needs the scope <code>{escape(', '.join(scopes))}</code>.{guests}"


def _resolved(response: Json, document: Json) -> Json:
    if "$ref" not in response:
        return response
    found: Json = document["components"]["responses"][str(response["$ref"]).rsplit("/", 1)[-1]]
    return found


def _operation(method: str, path: str, operation: Json, document: Json) -> Iterator[str]:
    identifier = escape(operation["operationId"])
    verb = f'<b class="m {escape(method)}">{escape(method.upper())}</b>'
    yield f'<article id="{identifier}"><h3>{verb} {escape(path)}</h3>'
    yield f"<p>{_text(operation['description'])}</p><p>{_access(operation)}</p>"
    if parameters := operation.get("parameters"):
        yield "<table><tr><th>parameter<th>in<th>type<th></tr>"
        for one in parameters:
            yield f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}<td>{type_of(one['schema'])}"
            yield f"<td>{_text(one.get('description', ''))}</tr>"
        yield "</table>"
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        yield f"<details open><summary>Body: {type_of(content['schema'])}</summary>"
        yield _code(content["example"]) if "example" in content else ""
        yield "</details>"
    for status, response in operation["responses"].items():
        told = _resolved(response, document)
        yield f"<details><summary><b>{escape(status)}</b> {_text(told['description'])}</summary>"
        for content in told.get("content", {}).values():
            data = content.get("schema", {}).get("properties", {}).get("data")
            yield f"<p>{type_of(data)}</p>" if data else ""
            yield _code(content["example"]) if "example" in content else ""
            for name, example in content.get("examples", {}).items():
                yield f"<p><code>{escape(name)}</code>: {_text(example['summary'])}</p>{_code(example['value'])}"
        yield "</details>"
    yield "</article>"


def _parts(document: Json) -> Iterator[str]:
    info = document["info"]
    tags: dict[str, list[tuple[str, str, Json]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tags.setdefault(operation["tags"][0], []).append((method, path, operation))
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Scanfleet API</title>'
    yield f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body><nav>'
    for tag, operations in tags.items():
        yield f"<strong>{escape(tag)}</strong>"
        for method, path, operation in operations:
            yield f'<a href="#{escape(operation["operationId"])}">{escape(method.upper())} {escape(path)}</a>'
    yield '<strong>types</strong><a href="#schemas">Schemas</a></nav><main>'
    yield f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{_text(info['description'])}</p>"
    yield f"<p>Base path <code>{escape(document['servers'][0]['url'])}</code>.</p>"
    for tag, operations in tags.items():
        yield f"<h2>{escape(tag)}</h2>"
        for method, path, operation in operations:
            yield from _operation(method, path, operation, document)
    yield '<h2 id="schemas">Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        about = _text(schema.get("description", ""))
        yield f'<article id="schema-{escape(name)}"><h3>{escape(name)}</h3><p>{about}</p>'
        yield from _properties(schema)
        yield "</article>"
    yield "</main></body></html>"


def page(document: Json) -> str:
    """The whole page."""
    return "".join(_parts(document))
