"""Images with another colour: PNG, JPEG and WebP in and out, transparency, size, profile and quality as they were.

Decoding strangers' images costs memory and time: call it in a worker. The size is looked at before anything is decoded.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, JpegImagePlugin, UnidentifiedImageError

from enterprise_app.core.errors import Invalid

from .recolouring import Bytes, Recolour, recolour_pixels

BYTES_MAX = 25_000_000
PIXELS_MAX = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
_CHUNK = 1 << 18
_READABLE = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")


@dataclass(frozen=True, slots=True)
class RecolouredImage:
    """The new file, of the same format; `changed` is the share of its pixels that are different."""

    data: bytes
    format: str
    width: int
    height: int
    changed: float


def recolour_image(data: bytes, recolours: Sequence[Recolour]) -> RecolouredImage:
    """The image with its colours replaced. Raises Invalid for what is too large, animated, damaged or no such image."""
    if len(data) > BYTES_MAX:
        raise Invalid.of("image", "image_large", max_bytes=BYTES_MAX, max_pixels=PIXELS_MAX)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _recoloured(data, recolours)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid.of("image", "image_large", max_bytes=BYTES_MAX, max_pixels=PIXELS_MAX) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Invalid.of("image", "image_unreadable") from error


def _recoloured(data: bytes, recolours: Sequence[Recolour]) -> RecolouredImage:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        _check(image)
        image.load()
        pixels = _pixels(image)
        changed = _recolour(pixels, recolours)
        file = BytesIO()
        options = _options(image, data)
        Image.fromarray(pixels).save(file, format=image.format, **options)
        share = changed / max(pixels.shape[0] * pixels.shape[1], 1)
        return RecolouredImage(file.getvalue(), str(image.format), image.width, image.height, share)


def _check(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_MAX:
        raise Invalid.of("image", "image_large", max_bytes=BYTES_MAX, max_pixels=PIXELS_MAX)
    if getattr(image, "n_frames", 1) > 1:
        raise Invalid.of("image", "image_animated")
    if image.mode not in _READABLE:
        raise Invalid.of("image", "image_mode", mode=image.mode)


def _pixels(image: Image.Image) -> Bytes:
    """As RGB, or RGBA where anything is transparent: an array of its own, to be written to."""
    see_through = image.has_transparency_data or image.mode in ("LA", "PA", "RGBA")
    return np.array(image.convert("RGBA" if see_through else "RGB"))


def _recolour(pixels: Bytes, recolours: Sequence[Recolour]) -> int:
    """In place, some rows at a time, so that memory does not grow with the image. Returns how many pixels changed."""
    rows, changed = max(_CHUNK // max(pixels.shape[1], 1), 1), 0
    for top in range(0, pixels.shape[0], rows):
        part = pixels[top : top + rows]
        before = part[..., :3].reshape(-1, 3)
        after = recolour_pixels(before, recolours)
        if part.shape[2] == 4:
            hidden = part[..., 3].reshape(-1) == 0
            after[hidden] = before[hidden]
        changed += int((after != before).any(axis=1).sum())
        part[..., :3] = after.reshape(part[..., :3].shape)
    return changed


def _options(image: Image.Image, data: bytes) -> dict[str, Any]:
    """How to write it: what the file said of itself (profile, orientation, quality)."""
    kept = {name: image.info[name] for name in ("icc_profile", "exif", "dpi") if image.info.get(name)}
    if isinstance(image, JpegImagePlugin.JpegImageFile) and image.mode == "RGB":
        sampling = JpegImagePlugin.get_sampling(image)
        quality = {"qtables": image.quantization, "subsampling": sampling if sampling >= 0 else 0}
        return {**kept, **quality, "progressive": bool(image.info.get("progressive"))}
    if image.format == "JPEG":
        return {**kept, "quality": 92, "progressive": bool(image.info.get("progressive"))}
    if image.format == "WEBP":
        kept.pop("dpi", None)
        return {**kept, "lossless": True, "exact": True} if _is_lossless(data) else {**kept, "quality": 90}
    return {**kept, "optimize": False}


def _is_lossless(webp: bytes) -> bool:
    """Whether the pixels stand in a chunk `VP8L` (WebP container specification)."""
    place = 12
    while place + 8 <= len(webp):
        kind, size = webp[place : place + 4], int.from_bytes(webp[place + 4 : place + 8], "little")
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        place += 8 + size + size % 2
    return False
