"""EXP-10: an image gets another colour with all its shades; the rest of it, and its transparency, stay."""

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments.rules.generating import images
from enterprise_app.domains.experiments.rules.generating.images import recolour_image
from enterprise_app.domains.experiments.rules.generating.perceiving import difference
from enterprise_app.domains.experiments.rules.generating.recolouring import (
    Recolour,
    read_recolours,
    recolour_one,
    recolour_pixels,
)
from enterprise_app.domains.experiments.rules.generating.spaces import Colour, nearest, oklch

BLUE, ORANGE, GREEN = Colour.of_hex("#1d4ed8"), Colour.of_hex("#c2410c"), Colour.of_hex("#15803d")
SWAP = (Recolour(BLUE, ORANGE),)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def pixels_of(data: bytes, mode: str = "RGB") -> np.ndarray:
    return np.asarray(Image.open(BytesIO(data)).convert(mode))


def poster() -> Image.Image:
    """A blue button on white beside green, with a soft edge."""
    pixels = np.full((40, 60, 3), 255, np.uint8)
    pixels[10:30, 10:30] = (0x1D, 0x4E, 0xD8)
    pixels[10:30, 40:50] = (0x15, 0x80, 0x3D)
    pixels[9, 10:30] = ((0x1D + 255) // 2, (0x4E + 255) // 2, (0xD8 + 255) // 2)
    return Image.fromarray(pixels)


def test_the_colour_is_replaced_exactly_and_nothing_else() -> None:
    result = recolour_image(file_of(poster()), SWAP)
    before, after = np.asarray(poster()), pixels_of(result.data)
    assert (after[10:30, 10:30] == (0xC2, 0x41, 0x0C)).all()
    untouched = np.ones(before.shape[:2], bool)
    untouched[9:30, 10:30] = False
    assert (after[untouched] == before[untouched]).all()
    assert (result.format, result.width, result.height) == ("PNG", 60, 40)
    assert result.changed == pytest.approx(21 * 20 / 2400)


def test_soft_edges_and_shades_take_the_new_hue() -> None:
    edge = Colour(*(int(c) for c in pixels_of(recolour_image(file_of(poster()), SWAP).data)[9, 15]))
    mixed = Colour((0xC2 + 255) // 2, (0x41 + 255) // 2, (0x0C + 255) // 2)
    assert difference(edge, mixed) < 8, (edge.hex, mixed.hex)
    hue = oklch(ORANGE)[2]
    for lightness in (0.25, 0.4, 0.6, 0.8):
        shade = nearest((lightness, 0.1, oklch(BLUE)[2]))
        assert abs(oklch(recolour_one(shade, SWAP))[2] - hue) < 6


def test_hues_nearby_follow_less_and_less() -> None:
    base = oklch(BLUE)
    moved = [
        difference(colour, recolour_one(colour, SWAP))
        for turn in (0, 10, 18, 22, 26, 29, 31, 60)
        for colour in [nearest((base[0], 0.12, base[2] + turn))]
    ]
    assert moved[-2:] == [0, 0]
    assert moved[0] > 30
    assert moved[3] > moved[4] > moved[5] > 0


def test_a_grey_is_replaced_by_its_place_in_the_space() -> None:
    swap = (Recolour(Colour(128, 128, 128), ORANGE, tolerance=3, feather=2),)
    assert recolour_one(Colour(128, 128, 128), swap) == ORANGE
    assert recolour_one(Colour(255, 255, 255), swap) == Colour(255, 255, 255)
    assert recolour_one(BLUE, swap) == BLUE


def test_two_colours_can_change_places() -> None:
    swap = (Recolour(BLUE, GREEN), Recolour(GREEN, BLUE))
    assert (recolour_one(BLUE, swap), recolour_one(GREEN, swap)) == (GREEN, BLUE)


def test_transparency_is_kept() -> None:
    image = poster().convert("RGBA")
    alpha = np.tile(np.linspace(0, 255, 60).astype(np.uint8), (40, 1))
    image.putalpha(Image.fromarray(alpha))
    for kind, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True})):
        after = pixels_of(recolour_image(file_of(image, kind, **options), SWAP).data, "RGBA")
        assert (after[..., 3] == alpha).all()
        assert (after[20, 15, :3] == (0xC2, 0x41, 0x0C)).all()
        assert (after[20, 0] == np.asarray(image)[20, 0]).all(), "what nobody sees stays"


def test_a_palette_with_a_transparent_entry_is_kept_transparent() -> None:
    image = poster().quantize(8)
    index = int(np.asarray(image)[0, 0])
    after = pixels_of(recolour_image(file_of(image, transparency=index), SWAP).data, "RGBA")
    assert after[0, 0, 3] == 0
    assert difference(Colour(*(int(c) for c in after[20, 15, :3])), ORANGE) < 2


def test_jpeg_keeps_quality_profile_and_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    given = file_of(poster(), "JPEG", quality=93, subsampling=0, exif=exif, icc_profile=b"profile")
    result = recolour_image(given, SWAP)
    before, after = Image.open(BytesIO(given)), Image.open(BytesIO(result.data))
    assert after.quantization == before.quantization  # type: ignore[attr-defined]
    assert after.getexif()[0x0112] == 6
    assert after.info["icc_profile"] == b"profile"
    assert difference(Colour(*(int(c) for c in pixels_of(result.data)[20, 20])), ORANGE) < 5


@pytest.mark.parametrize("lossless", [True, False])
def test_webp_stays_lossless_or_lossy(lossless: bool) -> None:
    result = recolour_image(file_of(poster(), "WEBP", lossless=lossless), SWAP)
    assert (b"VP8L" in result.data) is lossless


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_pixel_is_read(mode: str) -> None:
    assert recolour_image(file_of(poster().convert(mode)), SWAP).width == 60


def test_the_same_image_comes_out_every_time_and_in_parts() -> None:
    random = np.random.default_rng(7).integers(0, 256, (700, 500, 3)).astype(np.uint8)
    result = recolour_image(file_of(Image.fromarray(random)), SWAP)
    assert recolour_image(file_of(Image.fromarray(random)), SWAP) == result
    assert (pixels_of(result.data).reshape(-1, 3) == recolour_pixels(random.reshape(-1, 3), SWAP)).all()


def _animation() -> bytes:
    frames = [Image.new("RGB", (9, 9), c) for c in ("red", "blue")]
    return file_of(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=50)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "image_unreadable"),
        (b"GIF89a" + bytes(50), "image_unreadable"),
        (file_of(Image.new("RGB", (9, 9)), "GIF"), "image_unreadable"),
        (file_of(poster())[:120], "image_unreadable"),
        (b"<svg/>", "image_unreadable"),
        (_animation(), "image_animated"),
        (file_of(poster().convert("CMYK"), "JPEG"), "image_mode"),
        (file_of(Image.new("I;16", (3, 3))), "image_mode"),
        (file_of(Image.new("1", (7000, 6000))), "image_large"),
        (file_of(Image.new("1", (20000, 20000))), "image_large"),
        (bytes(images.BYTES_MAX + 1), "image_large"),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_cannot_be_recoloured_is_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        recolour_image(data, SWAP)
    assert [(p.field, p.code) for p in caught.value.problems] == [("image", code)]


def test_recolours_are_read_and_bad_ones_named() -> None:
    assert read_recolours([("#1d4ed8", "#c2410c")]) == SWAP
    for pairs, field in (
        ([("#fff", "#000"), ("x", "#000")], "recolours[1].source"),
        ([("red", "blue")] * 9, "recolours"),
    ):
        with pytest.raises(Invalid) as caught:
            read_recolours(pairs)
        assert caught.value.problems[0].field == field
