"""What a person sees: results on standard output, everything else on standard error."""

import io
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.text import Text

from shared.clean_text import clean

__all__ = ["Screen", "clean", "plain_lines"]

TEXT_WIDTH = 110
"""Columns where there is no terminal to ask."""


def _stdout() -> Console:
    return Console(highlight=False, soft_wrap=False)


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=False)


def plain_lines(result: RenderableType) -> str:
    """The result as text for a file: no colours, no blanks at the ends of lines."""
    file = io.StringIO()
    Console(file=file, width=TEXT_WIDTH, color_system=None, highlight=False).print(result)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


@dataclass(frozen=True, slots=True)
class Screen:
    """Both streams. rich honours NO_COLOR and leaves colours out where there is no terminal."""

    out: Console = field(default_factory=_stdout)
    err: Console = field(default_factory=_stderr)

    def show(self, result: RenderableType) -> None:
        """A result: in a file or a pipe 110 columns wide, without the blanks that fill lines up on a terminal."""
        if self.out.is_terminal:
            self.out.print(result)
        else:
            self.out.print(Text(plain_lines(result)), soft_wrap=True, end="")

    def note(self, line: str) -> None:
        """Say what is going on. May be called from any thread."""
        self.err.print(Text(line, style="dim"), soft_wrap=True)

    def warn(self, message: str) -> None:
        """Say that something went wrong."""
        head, _, rest = message.partition("\n")
        self.err.print(Text.assemble(("scanfleet: ", "bold red"), head), soft_wrap=True)
        if rest:
            self.err.print(Text(rest, style="dim"), soft_wrap=True)
