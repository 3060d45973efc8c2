"""Probes are shared by all workers of a scan: each URL is claimed, asked and written down once."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.db.pool import Connection
from shared.db.queries import queries

Kind = Literal["asset", "link"]
Part = Literal["answers", "tls", "missing"]
PARTS: Final[Mapping[Part, int]] = {"answers": 0, "tls": 1, "missing": 2}
"""TLS and what doesn't exist are asked before the pages, which are judged by them, everything else beside them."""

STALE_SECONDS = 25.0
"""A claim without a result may be taken over after that: its claimant had 20 s to ask, and 5 to write it down.

Pages of a worker that died are taken over 20 to 30 s later, and must not be judged without what it was to ask.
"""

_SQL = queries("probes")


async def claim(conn: Connection, scan_id: UUID, kind: Kind, urls: Mapping[int, str], most: int | None) -> set[int]:
    """The hashes that the caller is to ask and nobody else. `most`: how many URLs of this kind a scan may have."""
    values = {
        "scan_id": scan_id,
        "kind": kind,
        "hashes": list(urls),
        "urls": list(urls.values()),
        "most": most,
        "stale": STALE_SECONDS,
    }
    rows = await (await conn.execute(_SQL["claim"], values)).fetchall()
    return {row["hash"] for row in rows}


async def results(conn: Connection, scan_id: UUID, kind: Kind, hashes: Iterable[int]) -> dict[int, Any]:
    """What is known by hash; None: claimed, and not answered yet. What isn't there was not claimed by anybody."""
    values = {"scan_id": scan_id, "kind": kind, "hashes": list(hashes)}
    rows = await (await conn.execute(_SQL["results"], values)).fetchall()
    return {row["hash"]: row["result"] for row in rows}


async def save(conn: Connection, scan_id: UUID, kind: Kind, digest: int, result: object) -> None:
    """Write down the answer to a claimed URL."""
    await conn.execute(_SQL["save"], {"scan_id": scan_id, "kind": kind, "hash": digest, "result": Jsonb(result)})


async def give_back(conn: Connection, scan_id: UUID, kind: Kind, hashes: Iterable[int]) -> None:
    """Let others ask what there was no time for."""
    await conn.execute(_SQL["give_back"], {"scan_id": scan_id, "kind": kind, "hashes": list(hashes)})


async def save_host(conn: Connection, scan_id: UUID, part: Part, url: str, result: object) -> None:
    """Write down what was asked of the host."""
    values = {"scan_id": scan_id, "part": PARTS[part], "url": url, "result": Jsonb(result)}
    await conn.execute(_SQL["save_host"], values)


async def host(conn: Connection, scan_id: UUID, part: Part) -> tuple[bool, Any]:
    """(whether that was asked of the host, what it came to)."""
    row = await (await conn.execute(_SQL["host"], {"scan_id": scan_id, "part": PARTS[part]})).fetchone()
    return row is not None, row["result"] if row else None
