"""What was asked of a scan's host besides its pages. None: not asked, or nothing certain came of it."""

from msgspec import Struct

from shared.page import ErrorKind


class Seen(Struct, frozen=True):
    """An answer at a glance: where it came from after redirects, and what its text is like.

    `refused` says who kept our robot away, if somebody did: then nothing else is known of the page.
    """

    url: str
    final_url: str
    status: int | None = None
    error: ErrorKind | None = None
    refused: str | None = None
    is_html: bool = False
    title: str = ""
    canonical: str | None = None
    words: int = 0
    content_hash: str = ""
    sketch: bytes = b""

    @property
    def ok(self) -> bool:
        """A page was served."""
        return self.error is None and self.refused is None and self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class AgentAnswer(Struct, frozen=True):
    """How the start page answered one AI agent's User-Agent; `refused` None: as it answers everybody."""

    agent: str
    purpose: str
    status: int | None
    refused: str | None = None


class OldTls(Struct, frozen=True):
    """Whether the host shakes hands on an old version; None: no clear answer, or this machine can't offer it."""

    version: str
    accepted: bool | None
    cipher: str | None = None


class HostTls(Struct, frozen=True):
    """The host's TLS as a client of today meets it.

    `fault` is why the certificate isn't trusted, in OpenSSL's words. `not_after` and `asked_at` are in seconds since
    the epoch.
    """

    host: str
    asked_at: float
    version: str = ""
    cipher: str = ""
    not_after: float | None = None
    names: tuple[str, ...] = ()
    issuer: str | None = None
    fault: str | None = None
    old: tuple[OldTls, ...] = ()

    @property
    def accepts(self) -> tuple[str, ...]:
        """Old versions that it takes."""
        return tuple(one.version for one in self.old if one.accepted)


class HostProbes(Struct, frozen=True, kw_only=True):
    """One scan's probes of its host. `home` is the start page as our own robot got it, before the others and after."""

    home: tuple[Seen, ...] = ()
    variants: tuple[Seen, ...] | None = None
    random: Seen | None = None
    agents: tuple[AgentAnswer, ...] | None = None
    search: tuple[Seen, ...] | None = None
    """The start page as it answers Googlebot's User-Agent, twice."""
    tls: HostTls | None = None
