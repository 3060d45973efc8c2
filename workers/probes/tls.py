"""A host's TLS: what a client of today gets, whether its certificate is trusted, and which old versions it takes.

Handshakes only, no request; every connection passes the guard. The certificate is read even where it isn't trusted.
"""

import asyncio
import socket
import ssl
import warnings
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

import aiohappyeyeballs
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID
from msgspec.structs import replace

from shared.host_probes import HostTls, OldTls
from workers.fetch.guard import AddressInfo, Guard, GuardedResolver, SystemResolver

DEADLINE: Final = 6.0
"""Seconds for one handshake."""
MAX_NAMES: Final = 100
_DELAY: Final = 0.25
_OLD: Final = (("TLS 1.0", ssl.TLSVersion.TLSv1), ("TLS 1.1", ssl.TLSVersion.TLSv1_1))
_OURS: Final = frozenset({"NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE", "UNSUPPORTED_PROTOCOL_VERSION"})
"""OpenSSL's words for "I can't offer that", as against "they won't have it"."""

Context = Callable[[], ssl.SSLContext]


async def ask_tls(
    guard: Guard,
    host: str,
    port: int,
    seconds: float,
    now: float,
    *,
    resolver: AbstractResolver | None = None,
    trust: Context = ssl.create_default_context,
) -> HostTls | None:
    """The host's TLS, None when it offers none or there was no time. `resolver`, `trust` replace the machine's own."""
    resolver = GuardedResolver(guard, resolver or SystemResolver())
    shaking = _Shaking(guard, resolver, host, port)
    try:
        async with asyncio.timeout(seconds):
            return await _asked(shaking, now, trust)
    except TimeoutError:
        return None
    finally:
        await resolver.close()


async def _asked(shaking: "_Shaking", now: float, trust: Context) -> HostTls | None:
    try:
        layer = await shaking.shake(_trusting_all())
    except (OSError, ValueError, RuntimeError):
        return None
    facts = _facts(layer, shaking.host, now)
    fault = None
    try:
        await shaking.shake(trust())
    except ssl.SSLCertVerificationError as error:
        fault = error.verify_message or "verification failed"
    except (OSError, ValueError, RuntimeError):
        fault = None  # it answered a moment ago: nothing is known of the certificate's trust
    old = tuple([await shaking.takes(name, version) for name, version in _OLD])
    return replace(facts, fault=fault, old=old)


class _Shaking:
    """Handshakes with one host."""

    def __init__(self, guard: Guard, resolver: AbstractResolver, host: str, port: int) -> None:
        self.host: Final = host
        self._guard: Final = guard
        self._resolver: Final = resolver
        self._port: Final = port

    async def shake(self, context: ssl.SSLContext) -> ssl.SSLObject:
        """The TLS layer after the handshake, its connection closed. Raises `OSError`, `ssl.SSLError` among them."""
        async with asyncio.timeout(DEADLINE):
            sock = await aiohappyeyeballs.start_connection(  # pyright: ignore[reportUnknownMemberType]
                [_info(one) for one in await self._addresses()],
                happy_eyeballs_delay=_DELAY,
                socket_factory=self._guard.socket,
            )
            try:
                transport, _ = await asyncio.get_running_loop().create_connection(
                    asyncio.Protocol, sock=sock, ssl=context, server_hostname=self.host.rstrip(".")
                )
            except BaseException:
                sock.close()
                raise
        layer: ssl.SSLObject = transport.get_extra_info("ssl_object")
        transport.abort()
        return layer

    async def takes(self, name: str, version: ssl.TLSVersion) -> OldTls:
        """Whether the host takes this version when nothing else is offered."""
        context = _only(version)
        if context is None:
            return OldTls(name, None)
        try:
            layer = await self.shake(context)
        except ssl.SSLError as error:
            return OldTls(name, None if (error.reason or "") in _OURS else False)
        except ConnectionError:
            return OldTls(name, accepted=False)  # many servers hang up on what they don't speak
        except (OSError, ValueError, RuntimeError):
            return OldTls(name, None)
        cipher = layer.cipher()
        return OldTls(name, accepted=True, cipher=cipher[0] if cipher else None)

    async def _addresses(self) -> list[ResolveResult]:
        host, port = self.host, self._port
        try:
            literal = ip_address(host)
        except ValueError:
            return await self._resolver.resolve(host, port, socket.AF_UNSPEC)
        family = socket.AF_INET if literal.version == 4 else socket.AF_INET6  # noqa: PLR2004
        return [ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)]


def _info(found: ResolveResult) -> AddressInfo:
    ip, port = found["host"], found["port"]
    if ":" in ip:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, port)


def _trusting_all() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@lru_cache(maxsize=4)
def _only(version: ssl.TLSVersion) -> ssl.SSLContext | None:
    """A context that offers this version alone, at OpenSSL's lowest security level, which old versions need."""
    context = _trusting_all()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = version
            context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
    except (ValueError, ssl.SSLError):
        return None
    return context


def _facts(layer: ssl.SSLObject, host: str, now: float) -> HostTls:
    cipher = layer.cipher()
    facts = HostTls(host, now, version=layer.version() or "", cipher=cipher[0] if cipher else "")
    encoded = layer.getpeercert(binary_form=True)
    if not encoded:
        return facts
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        return replace(
            facts,
            not_after=certificate.not_valid_after_utc.timestamp(),
            names=_names(certificate),
            issuer=_issuer(certificate),
        )
    except (ValueError, TypeError, x509.UnsupportedGeneralNameType):  # a certificate that can't be read
        return facts


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The names that count (RFC 9525 section 6): DNS names and addresses, not the common name."""
    try:
        found = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    except x509.ExtensionNotFound:
        return ()
    if not isinstance(found, x509.SubjectAlternativeName):
        return ()
    names = [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
    return tuple(names[:MAX_NAMES])


def _issuer(certificate: x509.Certificate) -> str | None:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.issuer.get_attributes_for_oid(oid):
            return str(attribute.value)[:200]
    return None
