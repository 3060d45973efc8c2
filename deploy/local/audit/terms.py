"""By what pages are judged, from the options of the command line."""

import difflib
import math
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from deploy.local.errors import UsageError
from shared.checks import catalogue
from shared.checks.base import Severity
from shared.checks.limits import DEFAULT_PROFILE, load_profile, profiles

RANKS: Final = tuple(Severity)
"""Worst first."""


class Terms(Struct, frozen=True, array_like=True):
    """Profile, overridden thresholds, and the checks that are switched off."""

    profile: str = DEFAULT_PROFILE
    thresholds: tuple[tuple[str, float], ...] = ()
    disabled: tuple[str, ...] = ()


def read_terms(profile: str, thresholds: Sequence[str], disabled: Sequence[str]) -> Terms:
    """The terms; `thresholds` as `id=value`. Raises `UsageError` for unknown names and for values that are none."""
    if profile not in profiles():
        message = f"There is no profile {profile!r}; there is: {', '.join(profiles())}"
        raise UsageError(message)
    known = load_profile(profile).thresholds
    pairs = dict(_threshold(raw, known) for raw in thresholds)
    for check_id in disabled:
        if check_id not in catalogue():
            message = f"There is no check {check_id!r}{_near(check_id, catalogue())}"
            raise UsageError(message)
    return Terms(profile, tuple(sorted(pairs.items())), tuple(sorted(set(disabled))))


def _threshold(raw: str, known: Iterable[str]) -> tuple[str, float]:
    name, equals, number = raw.partition("=")
    name = name.strip()
    if not equals:
        message = f"--threshold takes id=value, not {raw!r}"
        raise UsageError(message)
    if name not in known:
        message = f"There is no threshold {name!r}{_near(name, known)}"
        raise UsageError(message)
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        message = f"{number!r} is no value for {name}"
        raise UsageError(message)
    return name, value


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=3)
    near += [one for one in known if one.startswith(f"{name}.") and one not in near]
    return f"; did you mean {' or '.join(near)}?" if near else "."
