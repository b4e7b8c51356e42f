"""Colours and the spaces they are measured in: sRGB, OKLab, CIELAB.

sRGB after IEC 61966-2-1; OKLab after B. Ottosson, "A perceptual color space for image processing" (2020), with the
matrices of CSS Color 4; CIELAB (D65) after CIE 15.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

from tinycss2.color4 import parse_color

from enterprise_app.core.errors import Invalid

Triple = tuple[float, float, float]

_LMS_OF_LINEAR = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_OKLAB_OF_LMS = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_LMS_OF_OKLAB = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_LINEAR_OF_LMS = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)
_XYZ_OF_LINEAR = (
    (0.4123907993, 0.3575843394, 0.1804807884),
    (0.2126390059, 0.7151686788, 0.0721923154),
    (0.0193308187, 0.1191947798, 0.9505321522),
)
_WHITE = (0.9504559271, 1.0, 1.0890577508)


@dataclass(frozen=True, slots=True, order=True)
class Colour:
    """An opaque sRGB colour, 0 to 255 a channel: what a stylesheet and a pixel can hold."""

    red: int
    green: int
    blue: int

    @property
    def hex(self) -> str:
        """As CSS writes it: `#rrggbb`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @classmethod
    def of_hex(cls, text: str) -> Self:
        """From `#rrggbb`, which is known to be good."""
        return cls(*bytes.fromhex(text[1:]))

    @classmethod
    def of_linear(cls, linear: Triple) -> Self:
        """The nearest of linear light, channels cut to what a screen can show."""
        return cls(*(round(255 * encode(min(max(c, 0.0), 1.0))) for c in linear))

    @property
    def linear(self) -> Triple:
        """Linear light, 0 to 1 a channel."""
        return decode(self.red / 255), decode(self.green / 255), decode(self.blue / 255)


def read_colour(text: str, field: str) -> Colour:
    """An opaque colour as CSS writes it. Raises Invalid naming the field."""
    found = find_css_colour(parse_color(text))
    if found is None or found[1] != 1:
        raise Invalid.of(field, "colour_bad", value=text[:40])
    return found[0]


def find_css_colour(css: Any) -> tuple[Colour, float] | None:
    """Colour and opacity of what tinycss2 read; None for `currentcolor`, no colour, and wider spaces."""
    if css is None or isinstance(css, str):
        return None
    numbers = [0.0 if c is None else float(c) for c in css.coordinates]
    alpha = 1.0 if css.alpha is None else float(css.alpha)
    if not all(map(math.isfinite, (*numbers, alpha))):
        return None
    if css.space == "oklch":
        return Colour.of_linear(linear_of_oklab(oklab_of_oklch((numbers[0], numbers[1], numbers[2])))), alpha
    if css.space == "oklab":
        return Colour.of_linear(linear_of_oklab((numbers[0], numbers[1], numbers[2]))), alpha
    try:
        red, green, blue = (0.0 if c is None else float(c) for c in css.to("srgb").coordinates)
    except NotImplementedError:
        return None
    return Colour(*(round(255 * min(max(c, 0.0), 1.0)) for c in (red, green, blue))), alpha


def decode(value: float) -> float:
    """Linear light of an sRGB channel, both 0 to 1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def encode(light: float) -> float:
    """The sRGB channel of linear light, both 0 to 1."""
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def oklab(colour: Colour) -> Triple:
    """Lightness 0 to 1, and the two opponent axes."""
    long, medium, short = (math.copysign(abs(c) ** (1 / 3), c) for c in _times(_LMS_OF_LINEAR, colour.linear))
    return _times(_OKLAB_OF_LMS, (long, medium, short))


def linear_of_oklab(lab: Triple) -> Triple:
    """Linear light, which may lie outside of 0 to 1: then no screen shows it."""
    long, medium, short = (c**3 for c in _times(_LMS_OF_OKLAB, lab))
    return _times(_LINEAR_OF_LMS, (long, medium, short))


def oklch(colour: Colour) -> Triple:
    """Lightness, chroma, hue in degrees."""
    lightness, a, b = oklab(colour)
    return lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def oklab_of_oklch(lch: Triple) -> Triple:
    """The same colour on the opponent axes."""
    lightness, chroma, hue = lch
    angle = math.radians(hue)
    return lightness, chroma * math.cos(angle), chroma * math.sin(angle)


def nearest(lch: Triple) -> Colour:
    """The colour of this lightness and hue with as much of the chroma as a screen can show."""
    lightness, chroma, hue = min(max(lch[0], 0.0), 1.0), lch[1], lch[2]
    full = linear_of_oklab(oklab_of_oklch((lightness, chroma, hue)))
    if _shown(full):
        return Colour.of_linear(full)
    low, high = 0.0, chroma
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _shown(linear_of_oklab(oklab_of_oklch((lightness, middle, hue)))) else (low, middle)
        )
    return Colour.of_linear(linear_of_oklab(oklab_of_oklch((lightness, low, hue))))


def cielab(colour: Colour) -> Triple:
    """L*, a*, b* under D65."""
    x, y, z = (_lab_curve(c / w) for c, w in zip(_times(_XYZ_OF_LINEAR, colour.linear), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _lab_curve(ratio: float) -> float:
    return ratio ** (1 / 3) if ratio > 216 / 24389 else (24389 / 27 * ratio + 16) / 116


def _shown(linear: Triple) -> bool:
    return all(-1e-4 <= c <= 1 + 1e-4 for c in linear)


def _times(matrix: tuple[Triple, Triple, Triple], vector: Triple) -> Triple:
    first, second, third = (row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2] for row in matrix)
    return first, second, third
