"""One colour for another, with all its shades: tints, shadows and soft edges of the old colour become those of the new.

In OKLab a mixture of the old colour with white, grey or black keeps its hue, and its chroma says how much of the colour
is in it. So what has the hue of the old colour is turned, and scaled, to the new one by that share; hues nearby follow
less and less (feathering). A grey has no hue: there, what lies near in the space is moved along.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enterprise_app.core.errors import Invalid

from .spaces import Colour, decode, oklab, read_colour

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

RECOLOURS_MAX = 8
_GREY_CHROMA = 0.03
_DECODED = np.array([decode(i / 255) for i in range(256)])
_LMS_OF_LINEAR = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OKLAB_OF_LMS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_LMS_OF_OKLAB, _LINEAR_OF_LMS = np.linalg.inv(_OKLAB_OF_LMS), np.linalg.inv(_LMS_OF_LINEAR)


@dataclass(frozen=True, slots=True)
class Recolour:
    """`source` becomes `target`, and so does what is within `tolerance` and, less and less, `feather` beyond it.

    Both are degrees of hue; for a grey source, hundredths of OKLab's distance.
    """

    source: Colour
    target: Colour
    tolerance: float = 18.0
    feather: float = 12.0


def read_recolours(pairs: Sequence[tuple[str, str]], *, tolerance: float = 18.0) -> tuple[Recolour, ...]:
    """From pairs of CSS colours. Raises Invalid naming the pair."""
    if len(pairs) > RECOLOURS_MAX:
        raise Invalid.of("recolours", "too_many", max=RECOLOURS_MAX)
    if not 0 <= tolerance <= 90:
        raise Invalid.of("tolerance", "out_of_range", low=0, high=90)
    return tuple(
        Recolour(read_colour(old, f"recolours[{i}].source"), read_colour(new, f"recolours[{i}].target"), tolerance)
        for i, (old, new) in enumerate(pairs)
    )


def recolour_one(colour: Colour, recolours: Sequence[Recolour]) -> Colour:
    """The same for a single colour, of a stylesheet."""
    red, green, blue = recolour_pixels(np.array([[colour.red, colour.green, colour.blue]], np.uint8), recolours)[0]
    return Colour(int(red), int(green), int(blue))


def recolour_pixels(pixels: Bytes, recolours: Sequence[Recolour]) -> Bytes:
    """Pixels of shape (n, 3), recoloured; those that no recolour is for stay as they are to the bit."""
    lab = _oklab(pixels)
    moved, weights = np.zeros_like(lab), np.zeros(len(lab))
    for recolour in recolours:
        weight, target = _moved(lab, recolour)
        moved += weight[:, None] * (target - lab)
        weights += weight
    touched = weights > 0
    result = pixels.copy()
    if touched.any():
        shared = np.maximum(weights[touched], 1.0)[:, None]
        result[touched] = _pixels(lab[touched] + moved[touched] / shared)
    return result


def _moved(lab: Floats, recolour: Recolour) -> tuple[Floats, Floats]:
    """How much each pixel is meant, and where it would go."""
    source, target = np.array(oklab(recolour.source)), np.array(oklab(recolour.target))
    if np.hypot(source[1], source[2]) < _GREY_CHROMA:
        distance = np.sqrt(((lab - source) ** 2).sum(axis=1)) * 100
        return _weight(distance, recolour), lab + (target - source)
    share = (lab[:, 1] + 1j * lab[:, 2]) / complex(source[1], source[2])
    axes = share * complex(target[1], target[2])
    amount = np.abs(share)
    lightness = lab[:, 0] + np.minimum(amount, 1.0) * (target[0] - source[0])
    weight = _weight(np.degrees(np.abs(np.angle(share))), recolour)
    weight[amount < 1e-4] = 0.0  # greys have no hue of their own
    return weight, np.stack([lightness, axes.real, axes.imag], axis=1)


def _weight(distance: Floats, recolour: Recolour) -> Floats:
    beyond = (distance - recolour.tolerance) / max(recolour.feather, 1e-9)
    return np.clip(1.0 - beyond, 0.0, 1.0)


def _oklab(pixels: Bytes) -> Floats:
    return np.cbrt(_DECODED[pixels] @ _LMS_OF_LINEAR.T) @ _OKLAB_OF_LMS.T


def _pixels(lab: Floats) -> Bytes:
    linear = np.clip((lab @ _LMS_OF_OKLAB.T) ** 3 @ _LINEAR_OF_LMS.T, 0.0, 1.0)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 1e-12) ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype(np.uint8)
