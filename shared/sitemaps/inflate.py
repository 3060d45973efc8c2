"""gzip, taken apart piece by piece, with a limit on how much may come out of how little."""

import zlib
from collections.abc import Iterator
from typing import final

MAGIC = b"\x1f\x8b"
PIECE = 65_536
_FREE_OCTETS = 10 * 1024 * 1024
_MAX_RATIO = 200  # real sitemaps shrink to a fifth or a thirtieth; a bomb of zeros to a thousandth
_GZIP = zlib.MAX_WBITS | 16


@final
class Inflater:
    """Undoes gzip. `fault` says why it stopped, "" while all is well."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)
        self._taken = 0
        self._given = 0
        self._begun = False
        self.fault: str = ""
        self.is_bomb: bool = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What the chunk adds, in pieces of at most 64 KiB; members in a row are one file (RFC 1952, section 2.2)."""
        self._taken += len(chunk)
        while chunk and not self.fault:
            if self._stream.eof:
                if not chunk.startswith(MAGIC[: len(chunk)]):
                    return  # padding behind the last member
                self._stream = zlib.decompressobj(_GZIP)
            self._begun = True
            try:
                piece = self._stream.decompress(chunk, PIECE)
            except zlib.error as error:
                self.fault = f"gzip: {error}"
                return
            self._given += len(piece)
            if self._given > _FREE_OCTETS and self._given > self._taken * _MAX_RATIO:
                self.fault, self.is_bomb = f"gzip: more than {_MAX_RATIO} times its size when unpacked", True
                return
            yield piece
            chunk = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def close(self) -> None:
        """Notes a stream that ends before its end."""
        if not self.fault and self._begun and not self._stream.eof:
            self.fault = "gzip: the file ends too early"
