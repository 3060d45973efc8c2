"""Handshakes with servers that speak old versions, or whose certificate is wrong."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from shared.host_probes import HostTls
from tests.integration.workers.fetch.servers import drip, serving
from tests.unit.workers.fetch.test_guard import FakeResolver
from workers.fetch.guard import Guard
from workers.probes.tls import ask_tls

NAME = "shop.example"
NOW = datetime.now(UTC).replace(microsecond=0)
KEY = rsa.generate_private_key(65_537, 2_048)
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A self-signed certificate for some names, that ends in some days."""

    def certificate(*names: str, days: int = 60) -> Path:
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test CA")])
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(KEY.public_key())
            .serial_number(1)
            .not_valid_before(NOW - timedelta(days=90))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(KEY, hashes.SHA256())
        )
        path = tmp_path / "certificate.pem"
        private = KEY.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
        return path

    return certificate


@asynccontextmanager
async def serving_tls(
    certificate: Path, least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2, most: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> AsyncGenerator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = least, most
    context.set_ciphers("ALL:@SECLEVEL=0")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(port: int, trusted: Path | None, name: str = NAME, seconds: float = 10.0) -> HostTls | None:
    return await ask_tls(
        Guard([IPv4Network("127.0.0.0/8")]),
        name,
        port,
        seconds,
        5.0,
        resolver=FakeResolver(["127.0.0.1"]),
        trust=lambda: ssl.create_default_context(cafile=trusted),
    )


async def test_a_good_host(make: Make) -> None:
    certificate = make(NAME, "www.shop.example")
    async with serving_tls(certificate) as port:
        tls = await ask(port, certificate)
    assert tls is not None
    assert (tls.version, tls.fault, tls.accepts) == ("TLSv1.3", None, ())
    assert (tls.names, tls.issuer, tls.asked_at) == ((NAME, "www.shop.example"), "Test CA", 5.0)
    assert tls.not_after == (NOW + timedelta(days=60)).timestamp()
    assert [(one.version, one.accepted) for one in tls.old] == [("TLS 1.0", False), ("TLS 1.1", False)]


@pytest.mark.parametrize(
    ("least", "most", "accepts", "version"),
    [
        (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3, ("TLS 1.0", "TLS 1.1"), "TLSv1.3"),
        (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ("TLS 1.1",), "TLSv1.2"),
    ],
)
async def test_old_versions(
    make: Make, least: ssl.TLSVersion, most: ssl.TLSVersion, accepts: tuple[str, ...], version: str
) -> None:
    certificate = make(NAME)
    async with serving_tls(certificate, least, most) as port:
        tls = await ask(port, certificate)
    assert tls is not None
    assert (tls.accepts, tls.version) == (accepts, version)


@pytest.mark.parametrize(
    ("names", "days", "trusted", "words"),
    [
        ((NAME,), -1, True, "expired"),
        (("other.example",), 60, True, "not valid for 'shop.example'"),
        ((NAME,), 60, False, "self-signed"),
    ],
)
async def test_faults(make: Make, names: tuple[str, ...], days: int, trusted: bool, words: str) -> None:
    certificate = make(*names, days=days)
    async with serving_tls(certificate) as port:
        tls = await ask(port, certificate if trusted else None)
    assert tls is not None
    assert words in (tls.fault or "")
    assert tls.names == names
    assert tls.not_after == (NOW + timedelta(days=days)).timestamp()


async def test_no_tls_no_facts() -> None:
    async with serving({}) as server:
        assert await ask(server.port, None) is None
    assert await ask(9, None) is None


async def test_a_silent_server_costs_its_time_and_no_more() -> None:
    async with serving({"/": drip(b"", b"", 1)}) as server:
        began = asyncio.get_running_loop().time()
        assert await ask(server.port, None, seconds=0.5) is None
        assert asyncio.get_running_loop().time() - began < 2


async def test_the_guard_holds() -> None:
    refused = await ask_tls(Guard(()), NAME, 443, 5.0, 0.0, resolver=FakeResolver(["127.0.0.1"]))
    assert refused is None
    assert await ask_tls(Guard(()), "169.254.169.254", 443, 5.0, 0.0) is None
