"""When a hop's connection was made, and how long that took."""

from collections.abc import Callable
from typing import Final


class Trace:
    """Moments of one hop's connection, as the connector tells them; milliseconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` in seconds."""
        self.now: Final = now
        self.dns_began: float | None = None
        self.connect_began: float | None = None
        self.dns: float | None = None
        self.connect: float | None = None

    def dns_ended(self) -> None:
        """The name has been looked up."""
        if self.dns_began is not None:
            self.dns = (self.now() - self.dns_began) * 1000

    def connect_ended(self) -> None:
        """The connection stands, TLS included; the look-up is not counted."""
        if self.connect_began is not None:
            self.connect = (self.now() - self.connect_began) * 1000 - (self.dns or 0.0)
