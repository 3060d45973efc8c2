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
    """Whether the host shakes hands on an old version; None: this machine can't offer it, or no clear answer came."""

    version: str
    accepted: bool | None
    cipher: str | None = None


class TlsProbe(Struct, frozen=True):
    """The host's TLS. `fault` is the verification's, in OpenSSL's words, with the certificate's facts beside it."""

    host: str
    old: tuple[OldTls, ...] = ()
    fault: str | None = None
    not_after: float | None = None
    names: tuple[str, ...] = ()
    issuer: str | None = None
    asked_at: float = 0.0


class HostProbes(Struct, frozen=True, kw_only=True):
    """One scan's probes of its host. `home` is the start page as our own robot got it, twice over time."""

    home: tuple[Seen, ...] = ()
    variants: tuple[Seen, ...] | None = None
    random: Seen | None = None
    agents: tuple[AgentAnswer, ...] | None = None
    search: tuple[Seen, ...] | None = None
    """The start page as it answers Googlebot's User-Agent, twice."""
    tls: TlsProbe | None = None
