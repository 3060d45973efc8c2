"""The catalogue of checks: one file per group, one function per check."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import lru_cache

from shared.checks.base import Check, registered

_NOT_GROUPS = {"base", "limits", "sample"}


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Check]:
    """Every check by id, sorted. The first call imports all groups (about 0.1 s)."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        if module.name.rpartition(".")[2] not in _NOT_GROUPS:
            importlib.import_module(module.name)
    return dict(sorted(registered().items()))
