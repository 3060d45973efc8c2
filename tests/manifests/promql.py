"""Which metrics an expression of PromQL reads, by which labels, and how; enough of the grammar for our own expressions."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\$?[a-zA-Z_:][a-zA-Z0-9_:]*|\d[\w.]*|[{}(),=!~<>+*/^%-]')
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = _GROUPING | {"and", "or", "unless", "bool", "offset", "inf", "nan"}
RATES = {"rate", "increase", "irate"}


@dataclass(frozen=True)
class Use:
    """One selector. `function` is what it stands in directly; `grouped` are labels of the whole expression's groupings."""

    metric: str
    labels: frozenset[str]
    function: str
    grouped: frozenset[str]
    window: str | None


def uses(expr: str) -> list[Use]:
    """Every selector of the expression."""
    tokens = _TOKEN.findall(expr)
    grouped: set[str] = set()
    found: list[tuple[str, frozenset[str], str, str | None]] = []
    stack: list[str] = []
    at = 0
    while at < len(tokens):
        token, following = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in _GROUPING and following == "(":
            end = tokens.index(")", at)
            grouped.update(name for name in tokens[at + 2 : end] if _NAME.fullmatch(name))
            at = end
        elif token == "(":
            previous = tokens[at - 1] if at else ""
            stack.append(previous if _NAME.fullmatch(previous) and previous not in _WORDS else "")
        elif token == ")":
            stack.pop()
        elif _NAME.fullmatch(token) and token not in _WORDS and following != "(" and not _aggregates(tokens, at):
            labels: frozenset[str] = frozenset()
            if following == "{":
                end = tokens.index("}", at)
                labels = frozenset(tokens[i] for i in range(at + 2, end) if _NAME.fullmatch(tokens[i]))
                at = end
            after = tokens[at + 1] if at + 1 < len(tokens) else ""
            window = after[1:-1] if after.startswith("[") else None
            found.append((token, labels, stack[-1] if stack else "", window))
        at += 1
    return [Use(metric, labels, function, frozenset(grouped), window) for metric, labels, function, window in found]


def _aggregates(tokens: list[str], at: int) -> bool:
    """`sum by (…) (…)`: an operator whose grouping stands before its argument."""
    return at + 1 < len(tokens) and tokens[at + 1] in {"by", "without"}
