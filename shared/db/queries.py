"""Named SQL blocks, a file per table: `-- name: insert` starts one. Each is PREPAREd by a test."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"
_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


@lru_cache(maxsize=64)
def queries(table: str) -> Mapping[str, bytes]:
    """The blocks of `sql/<table>.sql` by name. bytes, because psycopg takes those for trusted SQL."""
    parts = _NAME.split((_FOLDER / f"{table}.sql").read_text(encoding="utf-8"))
    names, bodies = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        message = f"sql/{table}.sql names a query twice"
        raise ValueError(message)
    return {name: body.strip().encode() for name, body in zip(names, bodies, strict=True)}


def tables() -> list[str]:
    """Every file of queries."""
    return sorted(path.stem for path in _FOLDER.glob("*.sql"))
