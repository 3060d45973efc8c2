"""Content-Encoding undone piece by piece, so that no body, however it is packed, holds the loop or the memory.

Every step takes at most 16 KB in and gives about 64 KB out (zstd: see `_Zstd`), and each layer of a nested encoding has
the cap of the whole: 809 bytes of brotli that unpack to 1 GiB end after 10 MB, in steps of 1 ms.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Final, Protocol, cast

import brotli  # type: ignore[import-untyped]  # it has no stubs
import zstandard

STEP_IN: Final = 16_384
STEP_OUT: Final = 65_536
MAX_MEMBERS: Final = 1_000
"""Members of a gzip body and frames of a zstd one; empty members are a way to make work without output."""
MAX_LAYERS: Final = 3

_ZSTD_WINDOW: Final = 8 << 20
"""RFC 9659: the largest window that may be asked of an HTTP client."""
_ZSTD_STEP: Final = 256
_GZIP: Final = {"gzip", "x-gzip"}
_DEFLATE_HEAD: Final = 2


class DecodeFault(Exception):  # noqa: N818 - the body's fault, not ours
    """The body isn't what its Content-Encoding says."""


class TooMuch(Exception):  # noqa: N818 - a bound that was met, not an error
    """More than the cap came out of the body."""


class _Layer(Protocol):
    """One coding. `feed` yields pieces, some empty, each after a bounded amount of work."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def complete(self) -> bool: ...


class _Zlib:
    """gzip with any number of members, or deflate with and without the zlib wrapper (RFC 9110 section 8.4.1)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._head: bytes = b""
        self._member = zlib.decompressobj(zlib.MAX_WBITS | 16) if gzip else None
        self._members = 1
        self._over = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._member is None:
            data = self._head + data
            if len(data) < _DEFLATE_HEAD:
                self._head = data
                return
            wrapped = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            self._member = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        while data and not self._over:
            piece, data = self._step(data)
            yield piece
            while len(piece) == STEP_OUT and not data and not self._over:
                piece, data = self._step(b"")
                yield piece

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        member = self._member
        if member is None:
            return b"", data
        try:
            piece = member.decompress(data, STEP_OUT)
        except zlib.error as error:
            raise DecodeFault("the body is not what its Content-Encoding says") from error
        if not member.eof:
            return piece, member.unconsumed_tail
        rest = member.unused_data
        # Zeros and other bytes after the last member are common and ignored by browsers.
        if not self._gzip or (rest and not rest.startswith(b"\x1f")):
            self._over = True
        elif rest:
            self._members += 1
            if self._members > MAX_MEMBERS:
                msg = f"the body has more than {MAX_MEMBERS} gzip members"
                raise DecodeFault(msg)
            self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        return piece, rest

    def complete(self) -> bool:
        return self._over or (self._member is not None and self._member.eof)


class _BrotliStream(Protocol):
    """What is used of `brotli.Decompressor`, which has no stubs."""

    def process(self, data: bytes, *, output_buffer_limit: int) -> bytes: ...

    def can_accept_more_data(self) -> bool: ...

    def is_finished(self) -> bool: ...


_BROTLI_ERROR: Final = cast("type[Exception]", brotli.error)  # pyright: ignore[reportUnknownMemberType]


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._stream = cast("_BrotliStream", brotli.Decompressor())  # pyright: ignore[reportUnknownMemberType]

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():
            return
        try:
            piece = self._stream.process(data, output_buffer_limit=STEP_OUT)
            yield piece
            # A full piece may have left more behind even when the library says that it takes more input.
            while (
                len(piece) >= STEP_OUT or not self._stream.can_accept_more_data()
            ) and not self._stream.is_finished():
                piece = self._stream.process(b"", output_buffer_limit=STEP_OUT)
                yield piece
        except _BROTLI_ERROR as error:
            raise DecodeFault("the body is not what its Content-Encoding says") from error

    def complete(self) -> bool:
        return self._stream.is_finished()


class _Zstd:
    """RFC 8878, any number of frames.

    The library has no limit on output, but four bytes of input give at most one block of 128 KB, so 256 bytes give at
    most 8 MB: 12 ms at worst, 40 ms of calls for 10 MB of ordinary input.
    """

    def __init__(self) -> None:
        self._frame = self._new()
        self._frames = 1
        self._fresh = True

    @staticmethod
    def _new() -> "zstandard.ZstdDecompressionObj":  # a name of the stubs only
        return zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_STEP):
            rest = data[start : start + _ZSTD_STEP]
            while rest:
                piece, rest = self._step(rest)
                yield from (piece[at : at + STEP_OUT] for at in range(0, len(piece), STEP_OUT))
            if not start % STEP_IN:
                yield b""

    def _step(self, data: bytes) -> tuple[bytes, bytes]:
        if self._frame.eof:
            self._frames += 1
            if self._frames > MAX_MEMBERS:
                msg = f"the body has more than {MAX_MEMBERS} zstd frames"
                raise DecodeFault(msg)
            self._frame = self._new()
        self._fresh = False
        try:
            piece = self._frame.decompress(data)
        except zstandard.ZstdError as error:
            raise DecodeFault("the body is not what its Content-Encoding says") from error
        return piece, self._frame.unused_data

    def complete(self) -> bool:
        return not self._fresh and self._frame.eof


class Decoder:
    """The codings of one body, undone in turn. Counts what comes out of each layer against one cap."""

    def __init__(self, content_encoding: str, cap: int) -> None:
        """`content_encoding` is the header's value; `cap` in bytes. Raises `DecodeFault` for too many layers.

        Names that nobody knows ("none", "utf-8") are passed over, as browsers do.
        """
        names = [name.strip().lower() for name in content_encoding.split(",")]
        layers = [layer for layer in map(_layer, reversed(names)) if layer is not None]
        if len(layers) > MAX_LAYERS:
            msg = f"the body is encoded more than {MAX_LAYERS} times over"
            raise DecodeFault(msg)
        self._layers: Final[Sequence[_Layer]] = layers
        self._out = [0] * (len(layers) + 1)
        self._cap: Final = cap
        self._fed = False

    @property
    def plain(self) -> bool:
        """Whether there is nothing to undo."""
        return not self._layers

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Pieces of at most about 64 KB, some empty; let others run between them. Raises `DecodeFault`, `TooMuch`."""
        self._fed = self._fed or bool(data)
        if self.plain:
            self._count(0, data)
            yield data
            return
        for start in range(0, len(data), STEP_IN):
            yield from self._through(0, data[start : start + STEP_IN])

    def _through(self, index: int, data: bytes) -> Iterator[bytes]:
        last = index == len(self._layers) - 1
        for piece in self._layers[index].feed(data):
            self._count(index, piece)
            if last or not piece:
                yield piece
            else:
                for start in range(0, len(piece), STEP_IN):
                    yield from self._through(index + 1, piece[start : start + STEP_IN])

    def _count(self, index: int, piece: bytes) -> None:
        self._out[index] += len(piece)
        if self._out[index] > self._cap:
            msg = f"the body is larger than {self._cap} bytes"
            raise TooMuch(msg)

    def finish(self) -> None:
        """Raise `DecodeFault` when the body ended in the middle. No body at all is no fault."""
        if self._fed and not all(layer.complete() for layer in self._layers):
            raise DecodeFault("the encoded body ends in the middle")


def _layer(name: str) -> _Layer | None:
    if name in _GZIP:
        return _Zlib(gzip=True)
    if name == "deflate":
        return _Zlib(gzip=False)
    if name == "br":
        return _Brotli()
    return _Zstd() if name == "zstd" else None
