"""An image's natural size from its first bytes: PNG, JPEG, GIF, WebP, AVIF, SVG.

Reads headers only and follows their lengths, each loop bounded by the data's end. A rotation that browsers apply, by
JPEG's Exif orientation or AVIF's irot, is applied here too, since it swaps width and height.
"""

import re
from collections.abc import Iterator
from typing import Final

Size = tuple[int, int]

MAX_PIXELS: Final = 1_000_000
"""A larger width or height is taken for damage."""
_SVG_READ: Final = 16_384
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_NOT_FRAMES: Final = frozenset({0xC4, 0xC8, 0xCC})
"""Markers between SOF0 and SOF15 that don't begin a frame: DHT, JPG, DAC (ITU-T T.81, table B.1)."""
_SIDEWAYS: Final = range(5, 9)
_BOXES: Final = 2_000


def image_size(data: bytes) -> Size | None:
    """(width, height) in pixels, None when the bytes don't tell."""
    size = _raster(data)
    if size is None and b"<svg" in data[:_SVG_READ].lower():
        size = _svg(data[:_SVG_READ].decode("utf-8", "replace"))
    if size is None or not all(0 < one <= MAX_PIXELS for one in size):
        return None
    return size


def _raster(data: bytes) -> Size | None:
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        return _pair(data, 6, 2, "little") if len(data) >= 10 else None  # noqa: PLR2004
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    if data[4:8] == b"ftyp" and data[8:12] in {b"avif", b"avis", b"mif1", b"msf1"}:
        return _avif(data)
    return None


def _pair(data: bytes, at: int, width: int, order: str) -> Size:
    little = order == "little"
    first, second = data[at : at + width], data[at + width : at + 2 * width]
    return (
        int.from_bytes(first, "little" if little else "big"),
        int.from_bytes(second, "little" if little else "big"),
    )


def _png(data: bytes) -> Size | None:
    """IHDR is the first chunk (W3C PNG, section 11.2.1); Apple's variant has one before it."""
    at = data.find(b"IHDR", 8, 64)
    return _pair(data, at + 4, 4, "big") if at >= 0 and len(data) >= at + 12 else None


def _jpeg(data: bytes) -> Size | None:
    """The first frame header (ITU-T T.81, section B.2.2)."""
    at, sideways = 2, False
    while at + 9 <= len(data):
        if data[at] != 0xFF:  # noqa: PLR2004
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - fill byte
            at += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # noqa: PLR2004 - markers without a segment
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:  # noqa: PLR2004
            height, width = _pair(data, at + 5, 2, "big")
            return (height, width) if sideways else (width, height)
        if marker == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":  # noqa: PLR2004
            sideways = _orientation(data[at + 10 : at + 2 + length]) in _SIDEWAYS
        if marker in {0xD9, 0xDA} or length < 2:  # noqa: PLR2004
            return None
        at += 2 + length
    return None


def _orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory (Exif 2.32, section 4.6.2); 1 when there is none."""
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(tiff[:4])
    if order is None:
        return 1

    def number(at: int, width: int) -> int:
        return int.from_bytes(tiff[at : at + width], "little" if order == "little" else "big")

    start = number(4, 4)
    for entry in range(min(number(start, 2), 200)):
        at = start + 2 + 12 * entry
        if number(at, 2) == 0x0112:  # noqa: PLR2004
            return number(at + 8, 2)
    return 1


def _webp(data: bytes) -> Size | None:
    """https://developers.google.com/speed/webp/docs/riff_container"""  # noqa: D415
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:  # noqa: PLR2004
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a" and len(data) >= 30:  # noqa: PLR2004
        width, height = _pair(data, 26, 2, "little")
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and data[20:21] == b"\x2f" and len(data) >= 25:  # noqa: PLR2004
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start and end of the content) of each box (ISO/IEC 14496-12, section 4.2)."""
    at = start
    for _ in range(_BOXES):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = end - at
        if size < head:
            return
        yield kind, at + head, min(at + size, end)
        at += size


def _avif(data: bytes) -> Size | None:
    """The largest ispe property: smaller ones are thumbnails and tiles. irot turns by its number of quarters."""
    sizes: list[Size] = []
    quarters = 0
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind != b"meta":
            continue
        for inner, inner_start, inner_end in _boxes(data, start + 4, end):
            if inner != b"iprp":
                continue
            for part, part_start, part_end in _boxes(data, inner_start, inner_end):
                if part == b"ipco":
                    for name, at, stop in _boxes(data, part_start, part_end):
                        if name == b"ispe" and stop - at >= 12:  # noqa: PLR2004
                            sizes.append(_pair(data, at + 4, 4, "big"))
                        elif name == b"irot" and stop > at:
                            quarters = data[at] & 3
    if not sizes:
        return None
    width, height = max(sizes, key=lambda one: one[0] * one[1])
    return (height, width) if quarters % 2 else (width, height)


_SVG_TAG = re.compile(r"<svg\b[^>]{0,8000}", re.IGNORECASE)
_SVG_SIDE = re.compile(r"""[\s"'](width|height)\s*=\s*["']\s*(\d{1,7}(?:\.\d{1,9})?)(?:px)?\s*["']""", re.IGNORECASE)


def _svg(text: str) -> Size | None:
    """Both attributes in pixels; with a viewBox alone an SVG has a shape and no size (SVG 2, section 8.10)."""
    tag = _SVG_TAG.search(text)
    sides = {name.lower(): round(float(value)) for name, value in _SVG_SIDE.findall(tag.group() if tag else "")}
    return (sides["width"], sides["height"]) if len(sides) == 2 else None  # noqa: PLR2004
