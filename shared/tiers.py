"""Tiers: how much each kind of caller may do. Figures are configuration (`tiers.toml`), not code."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

MODES = ("single", "sitemap", "crawl")


class Tier(Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of a tier: scans per 24 h by mode, requests per minute with their burst, and sizes."""

    single: int
    sitemap: int
    crawl: int
    monitors: int
    pages: int
    running: int
    kept_days: int
    requests: int
    burst: int
    monitor_interval_hours: int

    def scans(self, mode: str) -> int:
        """Scans per 24 hours in `mode`."""
        return {"single": self.single, "sitemap": self.sitemap, "crawl": self.crawl}[mode]

    def with_overrides(self, overrides: Mapping[str, int]) -> "Tier":
        """This tier with a user's own figures. Raises `msgspec.ValidationError` for an unknown figure."""
        return msgspec.convert({**msgspec.structs.asdict(self), **overrides}, Tier) if overrides else self


@lru_cache(maxsize=4)
def load_tiers(path: Path | None = None) -> Mapping[str, Tier]:
    """Read the tiers file. Raises `ValueError` naming the tier that is malformed or likens itself to an unknown one."""
    data = tomllib.loads((path or Path(__file__).with_name("tiers.toml")).read_text(encoding="utf-8"))
    tiers: dict[str, Tier] = {}
    for name, figures in data.items():
        like = figures.pop("like", None)
        if like is not None and like not in data:
            message = f"tier {name}: there is no tier {like!r}"
            raise ValueError(message)
        base: dict[str, Any] = {k: v for k, v in data[like].items() if k != "like"} if like else {}
        try:
            tiers[name] = msgspec.convert({**base, **figures}, Tier)
        except msgspec.ValidationError as error:
            message = f"tier {name}: {error}"
            raise ValueError(message) from error
    if missing := {"guest", "free"} - tiers.keys():
        message = f"the tiers file lacks {', '.join(sorted(missing))}"
        raise ValueError(message)
    return tiers
