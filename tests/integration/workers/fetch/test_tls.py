"""TLS facts, untrusted certificates, and the HTTP version that a server offers."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.integration.workers.fetch.conftest import QUICK
from tests.integration.workers.fetch.servers import answer
from tests.unit.workers.fetch.test_guard import FakeResolver
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.options import FetchOptions

ENDS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
NAME = "shop.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for NAME, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test CA")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ENDS - timedelta(days=60))
        .not_valid_after(ENDS)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName(f"www.{NAME}")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@asynccontextmanager
async def serving_tls(certificate: Path, versions: Sequence[str]) -> AsyncGenerator[int]:
    """A server that offers these by ALPN and answers in HTTP/1.1; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(list(versions))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4_096):
            writer.write(answer(b"secret"))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def fetching(trusted: Path | None) -> AsyncGenerator[Fetcher]:
    """A fetcher that finds every name on loopback."""
    context = ssl.create_default_context(cafile=trusted) if trusted else None
    guard = Guard([IPv4Network("127.0.0.0/8")])
    async with Fetcher(guard, caps=QUICK, resolver=FakeResolver(["127.0.0.1"]), tls=context) as fetcher:
        yield fetcher


@pytest.mark.parametrize(("versions", "best"), [(["h2", "http/1.1"], "2"), (["http/1.1"], "1.1"), ([], "1.1")])
async def test_facts(certificate: Path, versions: list[str], best: str, options: FetchOptions) -> None:
    async with serving_tls(certificate, versions) as port, fetching(certificate) as fetcher:
        first = await fetcher.get(f"https://{NAME}:{port}/", options)
        second = await fetcher.get(f"https://{NAME}:{port}/", options)
    for fetched in (first, second):
        assert (fetched.error, fetched.body, fetched.http_version) == (None, b"secret", best)
        assert fetched.tls is not None
        assert fetched.tls.version == "TLSv1.3"
        assert fetched.tls.cipher
        assert fetched.tls.not_after == ENDS.timestamp()
        assert (fetched.tls.issuer, fetched.tls.names) == ("Test CA", (NAME, f"www.{NAME}"))
    assert first.timings is not None
    assert first.timings.dns is not None


async def test_untrusted_certificates(certificate: Path, options: FetchOptions) -> None:
    async with serving_tls(certificate, []) as port:
        async with fetching(None) as fetcher:
            untrusted = await fetcher.get(f"https://{NAME}:{port}/", options)
        async with fetching(certificate) as fetcher:
            misnamed = await fetcher.get(f"https://other.example:{port}/", options)
    for fetched, words in ((untrusted, "self-signed"), (misnamed, "other.example")):
        assert fetched.error is not None
        assert fetched.error.kind == "tls"
        assert words in fetched.error.message


async def test_a_server_without_tls(options: FetchOptions) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer(b"plain"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server, fetching(None) as fetcher:
        fetched = await fetcher.get(f"https://{NAME}:{server.sockets[0].getsockname()[1]}/", options)
    assert fetched.error is not None
    assert fetched.error.kind == "tls"
