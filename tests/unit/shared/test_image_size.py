"""Image sizes from files made here, whole and cut off anywhere."""

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.image_size import image_size


def png(width: int, height: int) -> bytes:
    """A real PNG: grey, filtered with none."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + b"\x7f" * width for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def exif(orientation: int, order: str = "<") -> bytes:
    """An APP1 segment with two entries, the orientation second."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIHH", 0x0100, 3, 1, 9, 0) + struct.pack(
        order + "HHIHH", 0x0112, 3, 1, orientation, 0
    )
    tiff = mark + struct.pack(order + "I", 8) + struct.pack(order + "H", 2) + entries + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def jpeg(width: int, height: int, *segments: bytes, frame: int = 0xC0) -> bytes:
    """Start, JFIF, the given segments, a Huffman table, a frame, a scan."""
    jfif = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    table = b"\xff\xc4" + struct.pack(">H", 5) + b"\0\0\0"
    head = b"\xff" + bytes([frame]) + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    return b"\xff\xd8" + jfif + b"".join(segments) + table + b"\xff" + head + b"\xff\xda\0\2" + b"\0" * 9 + b"\xff\xd9"


def webp(kind: bytes, body: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def lossy(width: int, height: int) -> bytes:
    return webp(b"VP8 ", b"\x30\1\0\x9d\1\x2a" + struct.pack("<HH", width | 0x4000, height) + b"\0" * 8)


def lossless(width: int, height: int) -> bytes:
    return webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 8)


def extended(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X", b"\x10\0\0\0" + sides)


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + kind + body


def avif(*sizes: tuple[int, int], turn: int | None = None) -> bytes:
    properties = [box(b"ispe", struct.pack(">III", 0, *size)) for size in sizes]
    if turn is not None:
        properties.append(box(b"irot", bytes([turn])))
    meta = box(b"meta", b"\0\0\0\0", box(b"hdlr", b"\0" * 24), box(b"iprp", box(b"ipco", *properties)))
    return box(b"ftyp", b"avif\0\0\0\0avifmif1") + meta + box(b"mdat", b"\0" * 40)


SVG = b'<?xml version="1.0"?>\n<!-- sign --><svg xmlns="http://www.w3.org/2000/svg" width="120px" height=\'48\' viewBox="0 0 5 2"/>'
# A transparent pixel as image editors write it.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

FILES = {
    "png": (png(37, 11), (37, 11)),
    "gif": (gif(640, 480), (640, 480)),
    "gif of one pixel": (PIXEL, (1, 1)),
    "jpeg": (jpeg(800, 600), (800, 600)),
    "jpeg, progressive": (jpeg(1_201, 801, frame=0xC2), (1_201, 801)),
    "jpeg, upright": (jpeg(800, 600, exif(1)), (800, 600)),
    "jpeg, upside down": (jpeg(800, 600, exif(3)), (800, 600)),
    "jpeg, on its side": (jpeg(800, 600, exif(6)), (600, 800)),
    "jpeg, on its side, big-endian": (jpeg(800, 600, exif(8, ">")), (600, 800)),
    "webp": (lossy(550, 368), (550, 368)),
    "webp, lossless": (lossless(400, 301), (400, 301)),
    "webp, extended": (extended(386, 395), (386, 395)),
    "avif": (avif((1_204, 800)), (1_204, 800)),
    "avif with a thumbnail": (avif((160, 106), (1_204, 800)), (1_204, 800)),
    "avif, turned": (avif((1_204, 800), turn=1), (800, 1_204)),
    "avif, turned by half": (avif((1_204, 800), turn=2), (1_204, 800)),
    "svg": (SVG, (120, 48)),
}


@pytest.mark.parametrize("name", FILES)
def test_size(name: str) -> None:
    data, size = FILES[name]
    assert image_size(data) == size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>Not an image</title>",
        b'<svg viewBox="0 0 10 10"/>',
        b'<svg width="100%" height="50"/>',
        b'<svg width="2em" height="3em"/>',
        png(0, 5),
        b"\xff\xd8\xff\xda\0\2",
        box(b"ftyp", b"avif\0\0\0\0"),
    ],
)
def test_unknown(data: bytes) -> None:
    assert image_size(data) is None


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_gives_its_size_or_none(name: str) -> None:
    data, size = FILES[name]
    sizes = {image_size(data[:end]) for end in range(len(data))}
    # A JPEG whose Exif is cut, or an AVIF whose irot is, may be taken for upright.
    assert sizes <= {None, size, size[::-1], (160, 106)}


@given(st.sampled_from(sorted(FILES)), st.integers(0, 400), st.binary(max_size=40))
def test_damage_is_survived(name: str, at: int, damage: bytes) -> None:
    data, _ = FILES[name]
    found = image_size(data[:at] + damage + data[at:])
    assert found is None or min(found) > 0


def test_no_endless_loop_in_boxes_and_segments() -> None:
    assert image_size(b"\xff\xd8" + b"\xff\xe0\0\2" * 200_000) is None
    assert image_size(box(b"ftyp", b"avif\0\0\0\0") + box(b"free") * 200_000) is None
