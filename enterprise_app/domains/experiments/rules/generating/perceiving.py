"""How colours are seen: their difference, their contrast, and what is left of both for eyes that miss a cone.

- CIEDE2000: G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 Color-Difference Formula", Color Res. Appl. 30 (2005).
- Contrast: WCAG 2.2, "relative luminance" and success criteria 1.4.3 (text 4.5:1, large text 3:1), 1.4.11 (parts of
  the interface 3:1).
- Colour blindness: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of
  Color Vision Deficiency", IEEE TVCG 15 (2009), table of severity 1.0, on linear light.
"""

import math
from enum import StrEnum

from .spaces import Colour, Triple, cielab

_TWENTY_FIVE_7 = 25.0**7


class Vision(StrEnum):
    """Kinds of colour blindness."""

    PROTANOPIA = "protanopia"
    DEUTERANOPIA = "deuteranopia"
    TRITANOPIA = "tritanopia"


_MACHADO: dict[Vision, tuple[Triple, Triple, Triple]] = {
    Vision.PROTANOPIA: (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    Vision.DEUTERANOPIA: (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    Vision.TRITANOPIA: (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def luminance(colour: Colour) -> float:
    """WCAG's relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = colour.linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's contrast ratio, 1 to 21, whichever of the two is the text."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def simulate(colour: Colour, vision: Vision) -> Colour:
    """What somebody without the cone sees."""
    red, green, blue = (sum(w * c for w, c in zip(row, colour.linear, strict=True)) for row in _MACHADO[vision])
    return Colour.of_linear((red, green, blue))


def difference(one: Colour, other: Colour) -> float:
    """CIEDE2000: 1 is about what can just be told apart side by side, 10 is plain at a glance."""
    return ciede2000(cielab(one), cielab(other))


def ciede2000(one: Triple, other: Triple) -> float:
    """The difference of two CIELAB colours, all parametric factors 1."""
    grey = _grey_correction(math.hypot(one[1], one[2]), math.hypot(other[1], other[2]))
    chroma1, hue1 = _polar(one[1] * grey, one[2])
    chroma2, hue2 = _polar(other[1] * grey, other[2])
    lightness, chroma = (one[0] + other[0]) / 2, (chroma1 + chroma2) / 2
    turn = _turn(chroma1 * chroma2, hue1, hue2)
    hue = _mean_hue(chroma1 * chroma2, hue1, hue2)
    apart = 2 * math.sqrt(chroma1 * chroma2) * math.sin(math.radians(turn / 2))
    by_light = (other[0] - one[0]) / (1 + 0.015 * (lightness - 50) ** 2 / math.sqrt(20 + (lightness - 50) ** 2))
    by_chroma = (chroma2 - chroma1) / (1 + 0.045 * chroma)
    by_hue = apart / (1 + 0.015 * chroma * _hue_weight(hue))
    return math.sqrt(by_light**2 + by_chroma**2 + by_hue**2 + _rotation(hue, chroma) * by_chroma * by_hue)


def _grey_correction(chroma1: float, chroma2: float) -> float:
    mean7 = ((chroma1 + chroma2) / 2) ** 7
    return 1.5 - 0.5 * math.sqrt(mean7 / (mean7 + _TWENTY_FIVE_7))


def _polar(a: float, b: float) -> tuple[float, float]:
    return math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360


def _turn(chroma_product: float, hue1: float, hue2: float) -> float:
    """The way from one hue to the other, the shorter way round."""
    if chroma_product == 0:
        return 0.0
    turn = hue2 - hue1
    return turn if abs(turn) <= 180 else turn - math.copysign(360, turn)


def _mean_hue(chroma_product: float, hue1: float, hue2: float) -> float:
    total = hue1 + hue2
    if chroma_product == 0:
        return total
    if abs(hue1 - hue2) <= 180:
        return total / 2
    return (total + 360) / 2 if total < 360 else (total - 360) / 2


def _hue_weight(hue: float) -> float:
    return (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )


def _rotation(hue: float, chroma: float) -> float:
    """The term that turns the ellipses of blues."""
    chroma7 = chroma**7
    angle = 30 * math.exp(-(((hue - 275) / 25) ** 2))
    return -math.sin(math.radians(2 * angle)) * 2 * math.sqrt(chroma7 / (chroma7 + _TWENTY_FIVE_7))
