"""A process that looks into one picture: `python -m` this. What a picture does to a decoder, it does in here.

Reads a type and the bytes from its standard input; writes a line of JSON, then the stripped picture and its thumbnail.
Memory and time are bounded by the system, the size of the picture before a dot of it is decoded.
"""

import io
import json
import sys
from typing import Any

from PIL import Image, ImageOps

from enterprise_app.domains.campaigns.rules.pictures import BrokenPicture, strip

MAX_SIDE = 16_384
MAX_PIXELS = 50_000_000
MAX_FRAMES = 1_000
MAX_FRAME_PIXELS = 500_000_000
"""Of all frames together."""
THUMBNAIL_SIDE = 480
THUMBNAIL_BYTES = 64_000
MEMORY = 1_500_000_000
SECONDS = 20
_ORIENTATION = 0x0112
_DECODERS = {"image/gif": "GIF", "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


class Refused(Exception):
    """`args` are the code of the problem and the words of its text."""


def look(content_type: str, data: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """Facts, stripped picture, thumbnail. Raises Refused."""
    Image.MAX_IMAGE_PIXELS = None  # our own bound, said in our own words
    try:
        with Image.open(io.BytesIO(data), formats=[_DECODERS[content_type]]) as picture:
            frames = _frames(picture)
            _check_size(*picture.size, frames)
            orientation = int(picture.getexif().get(_ORIENTATION, 1) or 1)
            width, height = picture.size[::-1] if orientation in (5, 6, 7, 8) else picture.size
            stripped, shown = strip(content_type, data, orientation), _small(picture)
    except MemoryError:
        raise Refused("asset_image_large", {"max": MAX_PIXELS // 1_000_000}) from None
    except (OSError, ValueError, SyntaxError, ArithmeticError, BrokenPicture, IndexError, KeyError, TypeError) as error:
        raise Refused("asset_image_broken", {}) from error
    return {"width": width, "height": height, "frames": frames}, stripped, shown


def _frames(picture: Image.Image) -> int:
    width, height = picture.size
    _check_size(width, height, 1)  # before frames are counted, which reads on
    return int(getattr(picture, "n_frames", 1))


def _check_size(width: int, height: int, frames: int) -> None:
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise Refused("asset_image_large", {"max": MAX_PIXELS // 1_000_000})
    if frames > MAX_FRAMES or width * height * frames > MAX_FRAME_PIXELS:
        raise Refused("asset_image_frames", {"max": MAX_FRAMES})


def _small(picture: Image.Image) -> bytes:
    """The first frame, whole: a picture that breaks off is found out here."""
    picture.seek(0)
    if picture.format == "JPEG":
        picture.draft("RGB", (THUMBNAIL_SIDE * 2, THUMBNAIL_SIDE * 2))
    picture.load()
    clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    shown = picture.convert("RGBA" if clear else "RGB")
    shown.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    shown = ImageOps.exif_transpose(shown)
    for quality in (80, 55, 30):
        out = io.BytesIO()
        shown.save(out, "WEBP", quality=quality, method=4, exif=b"", icc_profile=None)
        if out.tell() <= THUMBNAIL_BYTES:
            break
    return out.getvalue()


def _bound() -> None:
    """Where the system can: no more memory and time than the largest picture needs."""
    try:
        import resource
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0)):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):
            continue  # not every system bounds everything


def main() -> None:
    """One picture, one answer."""
    _bound()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    content_type = source.readline().decode().strip()
    try:
        facts, stripped, small = look(content_type, source.read())
        answer: dict[str, Any] = facts | {"stripped": len(stripped), "thumbnail": len(small)}
    except Refused as refused:
        answer, stripped, small = {"refused": refused.args[0], "params": refused.args[1]}, b"", b""
    target.write(json.dumps(answer).encode() + b"\n" + stripped + small)
    target.flush()


if __name__ == "__main__":
    main()
