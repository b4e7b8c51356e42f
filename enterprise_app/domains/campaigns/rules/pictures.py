"""Pictures without what they tell besides the picture: where and by whom it was taken, comments, whatever was appended.

Parts are taken over by a list of what is known and needed, byte for byte: pixels are not encoded again. Formats: PNG
(W3C PNG third edition), JPEG (ITU-T T.81, JFIF, Exif 2.32), WebP (RFC 9649), GIF89a.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
     b"pHYs", b"acTL", b"fcTL", b"fdAT"}
)  # fmt: skip
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_WEBP_EXIF, _WEBP_XMP = 0x08, 0x04
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_JPEG_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_JPEG_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class BrokenPicture(ValueError):
    """Not built as its format says."""


def strip(content_type: str, data: bytes, orientation: int = 1) -> bytes:
    """The picture alone; how it has to be turned (Exif orientation, 1 to 8) is kept. Raises BrokenPicture."""
    turned = orientation if 1 < orientation <= 8 else 1
    try:
        return _STRIP[content_type](data, turned)
    except (IndexError, struct.error) as error:
        raise BrokenPicture("it ends too early") from error


def _exif(orientation: int) -> bytes:
    """A TIFF header with one entry: 0x0112, one SHORT."""
    return b"MM\x00*\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)


def _png(data: bytes, orientation: int) -> bytes:
    out, at = [PNG_START], len(PNG_START)
    if not data.startswith(PNG_START):
        raise BrokenPicture("no PNG")
    while True:
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            raise BrokenPicture("a part is longer than the file")
        if kind in _PNG_KEPT:
            out.append(data[at:end])
        if kind == b"IHDR" and orientation > 1:
            out.append(_png_part(b"eXIf", _exif(orientation)))
        if kind == b"IEND":
            return b"".join(out)
        at = end


def _png_part(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _jpeg(data: bytes, orientation: int) -> bytes:
    if not data.startswith(b"\xff\xd8"):
        raise BrokenPicture("no JPEG")
    out, at = [b"\xff\xd8"], 2
    if orientation > 1:
        exif = b"Exif\x00\x00" + _exif(orientation)
        out.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    while True:
        if data[at] != 0xFF:
            raise BrokenPicture("no marker where one belongs")
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker == 0xD9:
            return b"".join([*out, b"\xff\xd9"])
        elif marker in _JPEG_STANDALONE:
            out.append(data[at : at + 2])
            at += 2
        else:
            at = _jpeg_segment(data, at, marker, out)


def _jpeg_segment(data: bytes, at: int, marker: int, out: list[bytes]) -> int:
    (size,) = struct.unpack_from(">H", data, at + 2)
    end = at + 2 + size
    if size < 2 or end > len(data):
        raise BrokenPicture("a segment is longer than the file")
    if _jpeg_kept(marker, data[at + 4 : end]):
        out.append(data[at:end])
    if marker != 0xDA:
        return end
    found = _JPEG_NEXT.search(data, end)  # the scan's own bytes up to the next marker
    if found is None:
        raise BrokenPicture("a scan without an end")
    out.append(data[end : found.start()])
    return found.start()


def _jpeg_kept(marker: int, body: bytes) -> bool:
    if marker == 0xE2:
        return body.startswith(b"ICC_PROFILE\x00")
    if 0xE0 <= marker <= 0xEF:
        return (marker, body[:5]) in ((0xE0, b"JFIF\x00"), (0xEE, b"Adobe"))
    return marker != 0xFE


def _webp(data: bytes, orientation: int) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise BrokenPicture("no WebP")
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise BrokenPicture("it is longer than the file")
    out = [_webp_part(kind, body, orientation) for kind, body in _riff(data, size + 8) if kind in _WEBP_KEPT]
    if orientation > 1 and any(part.startswith(b"VP8X") for part in out):
        exif = _exif(orientation)
        out.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    body = b"".join(out)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _riff(data: bytes, end: int) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise BrokenPicture("a part is longer than the file")
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _webp_part(kind: bytes, body: bytes, orientation: int) -> bytes:
    if kind == b"VP8X":
        flags = body[0] & ~(_WEBP_EXIF | _WEBP_XMP) | (_WEBP_EXIF if orientation > 1 else 0)
        body = bytes([flags]) + body[1:]
    return kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


def _gif(data: bytes, orientation: int) -> bytes:
    if data[:6] not in (b"GIF87a", b"GIF89a"):
        raise BrokenPicture("no GIF")
    at = 13 + _gif_colours(data[10])
    out = [data[:at]]
    while True:
        start, sort = at, data[at]
        if sort == 0x3B:
            return b"".join([*out, b"\x3b"])
        if sort == 0x2C:
            at = _gif_blocks(data, start + 10 + _gif_colours(data[start + 9]) + 1)
            kept = True
        elif sort == 0x21:
            at = _gif_blocks(data, start + 2)
            kept = data[start + 1] == 0xF9 or (data[start + 1] == 0xFF and data[start + 3 : start + 14] in _GIF_LOOPS)
        else:
            raise BrokenPicture("no block where one belongs")
        if kept:
            out.append(data[start:at])


def _gif_colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks(data: bytes, at: int) -> int:
    while size := data[at]:
        at += 1 + size
    return at + 1


_STRIP: dict[str, Callable[[bytes, int], bytes]] = {
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
}
RASTERS = frozenset(_STRIP)
"""The pictures of dots that can be assets."""
