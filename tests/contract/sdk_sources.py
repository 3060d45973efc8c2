"""What each SDK's source says it calls and holds, read as text, so that no other language need be there."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

SDK = Path(__file__).parents[2] / "sdk"


class Field(NamedTuple):
    """A field of a model: a JSON type, a model's name, or a sorted list of values; `[…]` and `{…}` around what it holds."""

    kind: str
    nullable: bool
    optional: bool


class Call(NamedTuple):
    """What a function sends."""

    function: str
    query: frozenset[str]
    body: frozenset[str]


Model = Mapping[str, Field]
Operation = tuple[str, str]
_PATH = r"/[a-z][\w/{}.]*"


def values(words: list[str]) -> str:
    """A closed list of values, in one form."""
    return "|".join(sorted(words))


# Python


def _python_kind(node: ast.expr, aliases: Mapping[str, str]) -> str:
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if node.value.id == "Literal":
            return values([str(ast.literal_eval(one)) for one in inner])
        held = _python_kind(inner[-1], aliases)
        return f"[{held}]" if node.value.id == "list" else f"{{{held}}}"
    name = ast.unparse(node)
    plain = {
        "str": "string",
        "int": "integer",
        "float": "number",
        "bool": "boolean",
        "datetime": "date-time",
        "Any": "any",
    }
    return plain.get(name) or aliases.get(name, name)


def python_models() -> dict[str, Model]:
    """The dataclasses of the Python SDK."""
    tree = ast.parse((SDK / "python/src/scanfleet_client/models.py").read_text(encoding="utf-8"))
    aliases: dict[str, str] = {}
    found: dict[str, Model] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            aliases[node.targets[0].id] = _python_kind(node.value, aliases)
        if not isinstance(node, ast.ClassDef):
            continue
        fields: dict[str, Field] = {}
        for base in node.bases:
            fields |= found[ast.unparse(base)]
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                nullable = isinstance(line.annotation, ast.BinOp)
                inner = line.annotation.left if isinstance(line.annotation, ast.BinOp) else line.annotation
                optional = line.value is not None and ast.unparse(line.value).replace("default=", "").find("None") >= 0
                fields[line.target.id] = Field(_python_kind(inner, aliases), nullable, optional)
        found[node.name] = fields
    return found


def _python_body(text: str) -> frozenset[str]:
    if "body=" not in text:
        return frozenset()
    literal = re.search(r"body ?= ?\{(.*?)\}", text, re.DOTALL)
    given = re.search(r"encode_given\((.*?)\)", text, re.DOTALL)
    return frozenset(re.findall(r'"(\w+)":', literal.group(1)) if literal else ()) | frozenset(
        re.findall(r"(\w+)=", given.group(1)) if given else ()
    )


def python_calls() -> dict[Operation, Call]:
    """What the methods of the Python SDK's asynchronous client send."""
    folder = SDK / "python/src/scanfleet_client"
    found: dict[Operation, Call] = {}
    for function in re.split(r"\n    async def ", (folder / "aio.py").read_text(encoding="utf-8"))[1:]:
        name = re.match(r"\w+", function)
        query = re.search(r"query = \{(.*?)\}", function, re.DOTALL)
        for method, path in re.findall(rf'"(GET|POST|PATCH|DELETE)", "({_PATH})"', function):
            names = frozenset(re.findall(r'"(\w+)":', query.group(1)) if query else ())
            found[method, path] = Call(name.group() if name else "", names, _python_body(function))
    return found | _streams((folder / "waiting.py").read_text("utf-8") + (folder / "exports.py").read_text("utf-8"))


def _streams(text: str) -> dict[Operation, Call]:
    """Paths that are read as they come, which are named without a method."""
    return {("GET", path): Call("", frozenset(), frozenset()) for path in re.findall(rf'(?<!", )"({_PATH})"', text)}


# JavaScript


def _script_kind(text: str, aliases: Mapping[str, str]) -> str:
    text = text.strip()
    if text.endswith("[]"):
        return f"[{_script_kind(text.removesuffix('[]').strip('()'), aliases)}]"
    record = re.fullmatch(r"Record<string, (\w+)>", text)
    if record:
        return f"{{{_script_kind(record.group(1), aliases)}}}"
    words = re.findall(r'"([^"]*)"', text)
    if words:
        return values(words)
    return {"unknown": "any"}.get(text) or aliases.get(text, text)


def script_models() -> dict[str, Model]:
    """The interfaces of the JavaScript SDK."""
    text = (SDK / "js/src/models.d.ts").read_text(encoding="utf-8")
    aliases = {
        name: values(re.findall(r'"([^"]*)"', told))
        for name, told in re.findall(r"export type (\w+) =(.*?);", text, re.DOTALL)
    }
    found: dict[str, Model] = {}
    for name, base, inner in re.findall(r"export interface (\w+)(?: extends (\w+))? \{\n(.*?)\n\}", text, re.DOTALL):
        fields = dict(found[base]) if base else {}
        for field, optional, told in re.findall(r"^  (\w+)(\??): (.*?);$", inner, re.MULTILINE | re.DOTALL):
            nullable = told.endswith("| null")
            fields[field] = Field(_script_kind(told.removesuffix("| null"), aliases), nullable, bool(optional))
        found[name] = fields
    return found


def _script_names(text: str, what: str) -> frozenset[str]:
    match = re.search(rf"{what}(?: =|:) \{{(.*?)\}}", text, re.DOTALL)
    return frozenset(re.findall(r"(?:^|,)\s*(\w+)", match.group(1)) if match else ())


def script_calls() -> dict[Operation, Call]:
    """What the methods of the JavaScript SDK's client send."""
    folder = SDK / "js/src"
    found: dict[Operation, Call] = {}
    for function in re.split(
        r"\n  (?=(?:async )?\w+\([^\n]*\) \{\n)", (folder / "client.js").read_text(encoding="utf-8")
    )[1:]:
        name = re.match(r"(?:async )?(\w+)", function)
        for method, path in re.findall(rf'"(GET|POST|PATCH|DELETE)", "({_PATH})"', function):
            query, body = _script_names(function, "query"), _script_names(function, "body")
            found[method, path] = Call(name.group(1) if name else "", query, body)
    return found | _streams((folder / "waiting.js").read_text("utf-8") + (folder / "exporting.js").read_text("utf-8"))


# Go


def _go_kind(text: str, aliases: Mapping[str, str]) -> str:
    if text.startswith("[]"):
        return f"[{_go_kind(text.removeprefix('[]'), aliases)}]"
    if text.startswith("map[string]"):
        return f"{{{_go_kind(text.removeprefix('map[string]'), aliases)}}}"
    plain = {"int": "integer", "float64": "number", "bool": "boolean", "Secret": "string", "time.Time": "date-time"}
    return plain.get(text) or aliases.get(text, text)


def go_models() -> dict[str, Model]:
    """The structs of the Go SDK that have JSON names, bodies of requests included."""
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((SDK / "go").glob("*.go")) if "_test" not in path.name
    )
    aliases = {
        name: values(re.findall(rf'\b{name}\w+\s+{name}\s*= "([^"]*)"', text))
        for name in re.findall(r"^type (\w+) string$", text, re.MULTILINE)
    } | {"Secret": "string"}
    found: dict[str, Model] = {}
    for name, inner in re.findall(r"^type (\w+) struct \{\n(.*?)\n\}", text, re.DOTALL | re.MULTILINE):
        fields: dict[str, Field] = {}
        for line in inner.splitlines():
            base = re.fullmatch(r"\t(\w+)", line)
            told = re.fullmatch(r'\t\w+\s+(\S+)\s+`json:"(\w+)(,omitempty)?"`', line)
            if base and base.group(1) in found:
                fields |= found[base.group(1)]
            elif told:
                kind = _go_kind(told.group(1).removeprefix("*"), aliases)
                fields[told.group(2)] = Field(kind, told.group(1).startswith("*"), told.group(3) is not None)
        found[name] = fields
    return found


def go_calls() -> dict[Operation, Call]:
    """What the methods of the Go SDK's client send."""
    sources = {
        path.name: path.read_text(encoding="utf-8") for path in (SDK / "go").glob("*.go") if "_test" not in path.name
    }
    models, found = go_models(), dict[Operation, Call]()
    for function in re.split(r"\nfunc \(c \*Client\) ", "\n".join(sources[name] for name in sorted(sources)))[1:]:
        name = re.match(r"\w+", function)
        body = re.search(r"(\w+Request(?=\{)|MonitorChange)", function)
        for method, path in re.findall(rf'"(GET|POST|PATCH|DELETE)", "({_PATH})"', function):
            query = frozenset(re.findall(r'\{"(\w+)", given\(', function))
            sent = frozenset(models[body.group(1)]) if body else frozenset[str]()
            if (method, path) not in found:
                found[method, path] = Call(name.group() if name else "", query, sent)
    return found | _streams(sources["waiting.go"] + sources["exports.go"])
