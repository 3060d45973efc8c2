"""What a person sees: results on standard output, everything else on standard error."""

from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from shared.clean_text import clean

__all__ = ["Screen", "clean"]


def _stdout() -> Console:
    return Console(highlight=False, soft_wrap=False)


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=False)


@dataclass(frozen=True, slots=True)
class Screen:
    """Both streams. rich honours NO_COLOR and leaves colours out where there is no terminal."""

    out: Console = field(default_factory=_stdout)
    err: Console = field(default_factory=_stderr)

    def note(self, line: str) -> None:
        """Say what is going on. May be called from any thread."""
        self.err.print(Text(line, style="dim"), soft_wrap=True)

    def warn(self, message: str) -> None:
        """Say that something went wrong."""
        head, _, rest = message.partition("\n")
        self.err.print(Text.assemble(("scanfleet: ", "bold red"), head), soft_wrap=True)
        if rest:
            self.err.print(Text(rest, style="dim"), soft_wrap=True)
