"""JSON-LD (https://www.w3.org/TR/json-ld11/), read as search engines do: without fetching contexts."""

# JSON from strangers has no type until `isinstance` has looked at it.
# ruff: noqa: ANN401
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.page import Item, Problem
from workers.extract.clean import clean
from workers.extract.raw import RawTag

MAX_ITEMS = 2_000
"""Items of one page, nested ones included."""
MAX_LEVELS = 30
MAX_BYTES = 1_000_000
"""Characters of JSON-LD read per page."""
MAX_DIGITS = 40

_SCHEMA = re.compile(r"(?:https?:)?//(?:www\.)?schema\.org/?#?", re.IGNORECASE)
_WRAPPED = re.compile(
    r"\s*(?://\s*)?(?:<!--|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)\s*(.*?)\s*(?:(?://\s*)?(?:-->|\]\]>)|/\*\s*\]\]>\s*\*/)\s*\Z",
    re.DOTALL,
)


def plain_type(name: str) -> tuple[str, bool]:
    """A type's name without the schema.org prefix, and whether it had one."""
    name = name.strip()
    match = _SCHEMA.match(name)
    if match:
        return name[match.end() :], True
    if name.startswith("schema:"):
        return name[7:], True
    return name, False


def is_schema_context(context: Any) -> bool:
    """Whether a JSON-LD context makes schema.org the vocabulary."""
    pending: list[Any] = [context]
    for _ in range(MAX_LEVELS):
        if not pending:
            return False
        one = pending.pop()
        if isinstance(one, str) and _SCHEMA.match(one.strip()):
            return True
        if isinstance(one, list):
            pending.extend(one[:MAX_LEVELS])
        elif isinstance(one, dict):
            pending.append(one.get("@vocab"))
    return False


class Limit:
    """How many more items a page may yield."""

    def __init__(self, items: int = MAX_ITEMS) -> None:
        """Allow `items`."""
        self.left = items

    def spend(self) -> bool:
        """Take one; False when none is left."""
        self.left -= 1
        return self.left >= 0


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= MAX_DIGITS else float(text)


def _constant(name: str) -> float:
    message = f"{name} is not JSON"
    raise ValueError(message)


def read_json_ld(tags: Iterable[RawTag]) -> tuple[list[Item], list[Problem]]:
    """Items of every `<script type="application/ld+json">`, and what could not be read."""
    items: list[Item] = []
    problems: list[Problem] = []
    limit = Limit()
    left = MAX_BYTES
    for tag in tags:
        if (tag.attributes.get("type") or "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        at = f"(//script)[{tag.n}]"
        text = tag.node.text()
        left -= len(text)
        if left < 0:
            problems.append(Problem("too much JSON-LD to read", at))
            break
        try:
            document, fault = _load(text)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(_explain(error, text), at))
            continue
        if fault:
            problems.append(Problem(fault, at))
        if document is not None:
            items.extend(_top(document, at, limit))
    return items, problems


def _load(text: str) -> tuple[Any, str]:
    """The document and what is wrong with it, "" for nothing.

    Line breaks in strings and comment wrappers are faults (RFC 8259 section 7, JSON-LD 1.1 section 7: a script holds
    JSON and nothing else), but the items are read, so that the other checks have something to say. CDATA markers are
    passed over without a word (heuristic): templates for XHTML, whose parser takes them off, still carry them.
    """
    fault = ""
    match = _WRAPPED.match(text) if "<!" in text[:200] else None
    if match:
        fault = "JSON inside of an HTML comment" if "<!--" in text[: match.start(1)] else ""
        text = match[1]
    text = text.strip().lstrip("\ufeff")
    if not text:
        message = "empty"
        raise ValueError(message)
    try:
        return json.loads(text, parse_int=_integer, parse_constant=_constant), fault
    except json.JSONDecodeError as error:
        document = json.loads(text, strict=False, parse_int=_integer, parse_constant=_constant)
        return document, fault or _explain(error, text)


def _explain(error: Exception, text: str) -> str:
    if isinstance(error, json.JSONDecodeError):
        near = clean(" ".join(text[max(0, error.pos - 20) : error.pos + 20].split()))
        return f"{error.msg} at line {error.lineno}, column {error.colno}, near {near!r}"
    return "nested too deeply" if isinstance(error, RecursionError) else clean(str(error))


def _top(document: Any, at: str, limit: Limit) -> Iterator[Item]:
    """The items at the top: of an array, of @graph, or the document itself."""
    pending: list[tuple[Any, bool]] = [(document, False)]
    while pending and limit.left > 0:
        node, schema = pending.pop(0)
        if isinstance(node, list):
            pending[:0] = [(one, schema) for one in node[:MAX_ITEMS]]
        elif isinstance(node, dict):
            schema = is_schema_context(node["@context"]) if "@context" in node else schema
            graph = node.get("@graph")
            if isinstance(graph, (list, dict)):
                pending[:0] = [(graph, schema)]
                if not (node.keys() - {"@context", "@graph", "@id"}):
                    continue
            found = _item(node, at, limit, schema, 1)
            if found is not None:
                yield found


def _item(node: Mapping[Any, Any], at: str, limit: Limit, schema: bool, level: int) -> Item | None:
    if not limit.spend():
        return None
    if "@context" in node:
        schema = is_schema_context(node["@context"])
    types: list[str] = []
    named = False
    raw = node.get("@type")
    for one in raw if isinstance(raw, list) else [raw]:
        if isinstance(one, str) and one.strip():
            name, prefixed = plain_type(clean(one))
            types.append(name)
            named = named or prefixed
    properties: dict[str, tuple[Any, ...]] = {}
    for key, found in node.items():
        if not isinstance(key, str) or key.startswith("@"):
            continue
        values = _values(found, at, limit, schema, level)
        properties[plain_type(clean(key))[0]] = values
    identity = node.get("@id")
    return Item(
        format="json-ld",
        types=tuple(types),
        properties=properties,
        id=clean(identity) if isinstance(identity, str) else None,
        schema_org=schema or named,
        at=at,
    )


def _values(found: Any, at: str, limit: Limit, schema: bool, level: int) -> tuple[Any, ...]:
    if level >= MAX_LEVELS:
        return ()
    values: list[Any] = []
    pending: list[Any] = found if isinstance(found, list) else [found]
    for one in pending[:MAX_ITEMS]:
        if isinstance(one, dict):
            if "@value" in one:
                values.append(_scalar(one["@value"]))
                continue
            if "@list" in one or "@set" in one:
                values.extend(_values(one.get("@list", one.get("@set")), at, limit, schema, level + 1))
                continue
            item = _item(one, at, limit, schema, level + 1)
            if item is not None:
                values.append(item)
        elif isinstance(one, list):
            values.extend(_values(one, at, limit, schema, level + 1))
        else:
            values.append(_scalar(one))
    return tuple(values)


def _scalar(one: Any) -> str | float | bool | None:
    if isinstance(one, str):
        return clean(one)
    if one is None or isinstance(one, (bool, int, float)):
        return one
    return None
