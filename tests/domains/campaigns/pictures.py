"""Pictures for tests, as cameras, editors and attackers make them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

SECRET = b"52.5200N 13.4050E"
"""Where it was taken: in every place that a format has for words."""
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


def picture(content_type: str = "image/png", size: tuple[int, int] = (60, 40), **how: Any) -> bytes:
    """A plain picture."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, FORMATS[content_type], **how)
    return out.getvalue()


def telling(content_type: str, orientation: int = 1) -> bytes:
    """A picture that tells where it was taken, and goes on after its end."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = orientation
    how: dict[str, Any] = {"exif": exif}
    if content_type == "image/png":
        how["pnginfo"] = PngImagePlugin.PngInfo()
        how["pnginfo"].add_text("Comment", SECRET.decode())
    if content_type == "image/gif":
        how = {"comment": SECRET}
    if content_type == "image/jpeg":
        how["comment"] = SECRET
    if content_type == "image/webp":
        how["xmp"] = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    return picture(content_type, **how) + b"PK\x03\x04<script>" + SECRET + b"</script>"


def moving(content_type: str, frames: int = 3) -> bytes:
    """A picture that moves."""
    out = io.BytesIO()
    first, *rest = [Image.new("RGB", (30, 20), (80 * n % 256, 10, 10)) for n in range(frames)]
    first.save(out, FORMATS[content_type], save_all=True, append_images=rest, loop=0)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of so many dots in a few kilobytes."""
    row = b"\x00" + bytes((width + 7) // 8)
    packed = zlib.compress(row * height, 9)

    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", packed) + part(b"IEND", b"")


def lying_png(width: int, height: int) -> bytes:
    """A PNG whose head promises more than its data holds."""
    small, real = picture(), bomb(width, height)
    return real[:33] + small[33:]
