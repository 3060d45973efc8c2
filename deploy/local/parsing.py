"""A parser of one command's words."""

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

_CHOICE = re.compile(r"invalid choice: '(?P<given>[^']*)' \(choose from (?P<choices>.*)\)")
_UNKNOWN = re.compile(r"unrecognized arguments: (?P<given>--[\w-]+)")


class CommandParser(argparse.ArgumentParser):
    """What is wrong is said in one line, with what may have been meant and where to read on.

    Where `mixed` is set, options may stand between positional arguments: `FILE --agent A URL...`.
    """

    mixed = False
    _begun = False

    def parse_known_args(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        args: Sequence[str] | None = None,
        namespace: Any = None,  # noqa: ANN401
    ) -> tuple[argparse.Namespace, list[str]]:
        """As the base class, but what a command doesn't know is its own fault to tell, not that of the parser above."""
        if self._begun:  # the intermixed way calls this method again, for a part of the words
            return super().parse_known_args(args, namespace)
        self._begun = True
        try:
            parse = self.parse_known_intermixed_args if self.mixed else super().parse_known_args
            found, unknown = parse(args, namespace)
        finally:
            self._begun = False
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Say it and end with status 2."""
        meant = _meant(message, (name for one in self._actions for name in one.option_strings))
        self.exit(2, f"{self.prog}: {message}{meant}\nSee: {self.prog} --help\n")


def _meant(message: str, options: Iterable[str]) -> str:
    """What is nearest to the word that isn't known, as the end of a sentence; empty where nothing is near."""
    if found := _CHOICE.search(message):
        known = re.findall(r"[\w.-]+", found["choices"])
    elif found := _UNKNOWN.search(message):
        known = list(options)
    else:
        return ""
    near = get_close_matches(found["given"], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
