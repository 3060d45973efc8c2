"""From verdicts to an exit status."""

from typing import final

from deploy.local.audit.terms import RANKS
from deploy.local.cli import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from shared.checks.base import Severity


@final
class Bar:
    """What the caller asks for: a least score, and the severity from which on a finding counts as a failure."""

    def __init__(self, least: float | None, worst: Severity | None) -> None:
        """None: not asked for."""
        self._least = least
        self._ranks: frozenset[Severity] = frozenset() if worst is None else frozenset(RANKS[: RANKS.index(worst) + 1])
        self.missed = False

    def see(self, score: float | None, worst: Severity | None) -> None:
        """Take a verdict into account. Without a score no threshold is met."""
        if self._least is not None and (score is None or score < self._least):
            self.missed = True
        if worst in self._ranks:
            self.missed = True

    def status(self, *, sound: bool) -> int:
        """The exit status; `sound`: all input could be read."""
        if not sound:
            return EXIT_USAGE
        return EXIT_FAILED if self.missed else EXIT_OK
