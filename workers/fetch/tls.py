"""Facts of a TLS connection, read once per connection."""

import ssl
from asyncio import BaseTransport
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from shared.page import Tls

MAX_NAMES: Final = 100


class TlsFacts:
    """Remembers the facts per connection: reading a certificate costs 60 µs, and a crawl reuses its connections."""

    def __init__(self) -> None:
        """Nothing is kept beyond the life of a connection."""
        self._known: WeakKeyDictionary[Any, Tls] = WeakKeyDictionary()

    def of(self, transport: BaseTransport | None) -> Tls | None:
        """The facts of the connection under this transport, None when it is not TLS."""
        layer = transport.get_extra_info("ssl_object") if transport is not None else None
        if layer is None:
            return None
        known = self._known.get(layer)
        if known is None:
            known = self._known[layer] = read(layer)
        return known


def read(layer: ssl.SSLObject | ssl.SSLSocket) -> Tls:
    """Version, cipher and the leaf certificate's end, issuer and names."""
    certificate = cast("Mapping[str, Any]", layer.getpeercert() or {})
    ends = certificate.get("notAfter")
    cipher = layer.cipher()
    alternatives: Sequence[tuple[str, str]] = certificate.get("subjectAltName", ())
    return Tls(
        version=layer.version() or "",
        cipher=cipher[0] if cipher else "",
        not_after=float(ssl.cert_time_to_seconds(ends)) if isinstance(ends, str) else None,
        issuer=_issuer(certificate.get("issuer", ())),
        names=tuple(value for kind, value in alternatives[:MAX_NAMES] if kind in {"DNS", "IP Address"}),
    )


def _issuer(name: Sequence[Sequence[tuple[str, str]]]) -> str | None:
    """The issuer's organisation, else its common name."""
    parts = {key: value for relative in name for key, value in relative}
    return parts.get("organizationName") or parts.get("commonName")
