"""Threshold profiles: named, versioned, stored with each scan."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import cast

from msgspec import Struct

from shared.checks.base import Limits

DEFAULT_PROFILE = "default-2026.11"
_FOLDER = Path(__file__).parent.parent / "profiles"


class Profile(Struct, frozen=True):
    """A profile file: thresholds by check id, severity points and category weights of the score."""

    name: str
    score_version: str
    thresholds: Mapping[str, float]
    points: Mapping[str, float]
    weights: Mapping[str, float]

    def limits(self, overrides: Mapping[str, float] | None = None) -> Limits:
        """Thresholds with `overrides` applied. Raises `KeyError` naming a threshold that doesn't exist."""
        for name in overrides or {}:
            if name not in self.thresholds:
                raise KeyError(name)
        return Limits({**self.thresholds, **(overrides or {})})


def profiles() -> list[str]:
    """Names of the profiles there are."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


@lru_cache(maxsize=16)
def load_profile(name: str = DEFAULT_PROFILE) -> Profile:
    """Read a profile. Raises `KeyError` when there is none of that name."""
    if name not in profiles():
        raise KeyError(name)
    data = tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    thresholds: dict[str, float] = {}

    def flatten(prefix: str, table: Mapping[str, object]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                flatten(f"{prefix}{key}.", cast("dict[str, object]", value))
            elif isinstance(value, int | float):
                thresholds[f"{prefix}{key}"] = float(value)

    flatten("", data["thresholds"])
    return Profile(
        name=name,
        score_version=str(data["score_version"]),
        thresholds=thresholds,
        points=data["points"],
        weights=data["weights"],
    )
