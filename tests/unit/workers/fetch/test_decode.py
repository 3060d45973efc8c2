"""Content-Encoding, undone in bounded steps."""

import gzip
import zlib
from collections.abc import Callable
from typing import Any, cast

import brotli  # type: ignore[import-untyped]  # it has no stubs
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from workers.fetch.decode import MAX_MEMBERS, STEP_OUT, DecodeFault, Decoder, TooMuch

CAP = 1_000_000
TEXT = b"<p>some text</p>" * 20_000


pack_brotli = cast("Callable[[bytes], bytes]", cast("Any", brotli).compress)


def raw_deflate(data: bytes) -> bytes:
    """Deflate without its wrapper, as some servers send it."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zstd(data: bytes) -> bytes:
    """One frame."""
    return zstandard.ZstdCompressor().compress(data)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    " Deflate ": raw_deflate,
    "br": pack_brotli,
    "zstd": zstd,
    "identity": bytes,
    "": bytes,
    "utf-8": bytes,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
    "gzip, br, zstd": lambda data: zstd(pack_brotli(gzip.compress(data))),
}


def unpack(coding: str, data: bytes, *, by: int = 70_000, cap: int = CAP) -> bytes:
    """All of it, fed in pieces of `by` bytes."""
    decoder = Decoder(coding, cap)
    out = b"".join(piece for at in range(0, len(data), by) for piece in decoder.feed(data[at : at + by]))
    decoder.finish()
    return out


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("by", [1, 7, 100_000])
def test_what_was_packed_comes_out(coding: str, by: int) -> None:
    text = TEXT[:3_000] if by == 1 else TEXT
    assert unpack(coding, PACKERS[coding](text), by=by) == text


@given(st.binary(max_size=2_000), st.sampled_from(sorted(PACKERS)), st.integers(1, 300))
def test_any_bytes_come_out(data: bytes, coding: str, by: int) -> None:
    assert unpack(coding, PACKERS[coding](data), by=by) == data


@pytest.mark.parametrize("coding", [coding for coding in PACKERS if PACKERS[coding] is not bytes])
def test_bombs_end_at_the_cap_in_small_steps(coding: str) -> None:
    bomb = PACKERS[coding](bytes(50_000_000))
    decoder = Decoder(coding, CAP)
    seen = 0
    pieces = (piece for at in range(0, len(bomb), 65_536) for piece in decoder.feed(bomb[at : at + 65_536]))
    with pytest.raises(TooMuch):  # noqa: PT012 - what came before the fault is looked at
        for piece in pieces:
            seen += len(piece)
            assert len(piece) <= 2 * STEP_OUT
    assert seen <= CAP


def test_a_layer_in_between_has_the_cap_too() -> None:
    empty = gzip.compress(b"") * 100_000
    with pytest.raises((TooMuch, DecodeFault)):
        unpack("gzip, gzip", gzip.compress(empty))


@pytest.mark.parametrize("coding", [coding for coding in PACKERS if PACKERS[coding] is not bytes])
def test_a_body_that_ends_in_the_middle_is_a_fault(coding: str) -> None:
    packed = PACKERS[coding](TEXT)
    with pytest.raises(DecodeFault):
        unpack(coding, packed[: len(packed) // 2])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_what_was_not_packed_is_a_fault(coding: str) -> None:
    with pytest.raises(DecodeFault):
        unpack(coding, b"\xff<html>plain</html>" * 100)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip"])
def test_no_body_is_no_fault(coding: str) -> None:
    assert unpack(coding, b"") == b""


def test_members_and_what_follows_them() -> None:
    assert unpack("gzip", gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    assert unpack("gzip", gzip.compress(b"a") + bytes(512)) == b"a"
    assert unpack("zstd", zstd(b"a") + zstd(b"b")) == b"ab"


@pytest.mark.parametrize(
    ("coding", "member"), [("gzip", gzip.compress(b"", mtime=0)), ("zstd", zstd(b""))], ids=["gzip", "zstd"]
)
def test_endless_empty_members_are_a_fault(coding: str, member: bytes) -> None:
    with pytest.raises(DecodeFault):
        unpack(coding, member * (MAX_MEMBERS + 1))


def test_too_many_layers_are_a_fault() -> None:
    with pytest.raises(DecodeFault):
        Decoder("gzip, gzip, gzip, gzip", CAP)


def test_a_zstd_window_that_no_client_must_grant_is_a_fault() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    wide = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(DecodeFault):
        unpack("zstd", wide.compress(TEXT) + wide.flush())
