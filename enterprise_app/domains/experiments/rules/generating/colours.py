"""Colours to test against one that is in use: seen as different at a glance, readable where they stand, for all eyes.

Ideas come from the brand's palette first, then from the moves of colour harmony (the hue turned, the tone changed),
then from a grid of the whole space. Each keeps its hue and is made lighter or darker only as far as its contrast needs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from enterprise_app.core.errors import Invalid

from .perceiving import Vision, contrast, difference, simulate
from .seeding import rank, shuffled
from .spaces import Colour, Triple, nearest, oklch, read_colour

COUNT = 3
COUNT_MAX = 12
PALETTE_MAX = 24
MIN_DIFFERENCE = 10.0
"""CIEDE2000 between a variant, the original and every other variant."""

_BLACK, _WHITE = Colour(0, 0, 0), Colour(255, 255, 255)
_GREY_CHROMA, _LIVELY_CHROMA = 0.03, 0.15
_STEP = 0.01

_MOVES: dict[str, tuple[float, float, float]] = {
    "analogous_left": (0.0, 1.0, -35.0),
    "analogous_right": (0.0, 1.0, 35.0),
    "complementary": (0.0, 1.0, 180.0),
    "darker": (-0.14, 1.0, 0.0),
    "lighter": (0.14, 0.9, 0.0),
    "muted": (0.0, 0.45, 0.0),
    "split_left": (0.0, 1.0, 150.0),
    "split_right": (0.0, 1.0, -150.0),
    "triadic_left": (0.0, 1.0, 120.0),
    "triadic_right": (0.0, 1.0, -120.0),
    "vivid": (0.0, 1.6, 0.0),
}
"""Move → what it adds to lightness, by what it multiplies chroma, by how much it turns the hue."""


class ColourUse(StrEnum):
    """What the colour is on its background; the contrast that it needs follows."""

    TEXT = "text"
    LARGE = "large"

    @property
    def min_contrast(self) -> float:
        """WCAG 2.2: 4.5 for text (1.4.3), 3 for large text and parts of the interface (1.4.3, 1.4.11)."""
        return 4.5 if self is ColourUse.TEXT else 3.0


@dataclass(frozen=True, slots=True)
class VisionCheck:
    """How a variant does for one kind of colour blindness: contrast to its background, difference from the original."""

    vision: Vision
    contrast: float
    difference: float


@dataclass(frozen=True, slots=True)
class ColourVariant:
    """A colour to test. `origin` is `palette`, a move of harmony or `grid`; `label` is the best text on it."""

    colour: str
    origin: str
    contrast: float
    difference: float
    label: str
    label_contrast: float
    visions: tuple[VisionCheck, ...]


@dataclass(frozen=True, slots=True)
class ColourIdeas:
    """What was found. Fewer than asked for: `refused` says how many ideas failed for `contrast` or were `too_close`."""

    base: str
    background: str
    base_contrast: float
    base_readable: bool
    variants: tuple[ColourVariant, ...]
    refused: dict[str, int]


def colour_ideas(
    base: str,
    *,
    background: str = "#ffffff",
    use: ColourUse = ColourUse.LARGE,
    palette: Sequence[str] = (),
    count: int = COUNT,
    seed: int = 0,
    min_difference: float = MIN_DIFFERENCE,
) -> ColourIdeas:
    """Up to `count` variants of `base` for a place on `background`. Raises Invalid for what is no opaque colour."""
    original, ground = read_colour(base, "base"), read_colour(background, "background")
    brand = [read_colour(text, f"palette[{i}]") for i, text in enumerate(palette[: PALETTE_MAX + 1])]
    _check(count, len(brand), min_difference)
    taken, chosen = [original], []
    refused = {"contrast": 0, "too_close": 0}
    for origin, colour in _ideas(original, ground, use.min_contrast, brand, seed):
        if len(chosen) == count:
            break
        if colour is None:
            refused["contrast"] += 1
        elif min(difference(colour, other) for other in taken) < min_difference:
            refused["too_close"] += 1
        else:
            taken.append(colour)
            chosen.append(_variant(colour, origin, original, ground))
    own = contrast(original, ground)
    readable = own >= use.min_contrast
    return ColourIdeas(original.hex, ground.hex, round(own, 2), readable, tuple(chosen), refused)


def best_label(colour: Colour) -> Colour:
    """Black or white, whichever reads better on the colour: always at least 4.5:1."""
    return max((_WHITE, _BLACK), key=lambda label: contrast(label, colour))


def readable(colour: Colour, background: Colour, minimum: float) -> bool:
    """Whether the contrast holds, for those with colour blindness too."""
    return contrast(colour, background) >= minimum and all(
        contrast(simulate(colour, vision), simulate(background, vision)) >= minimum for vision in Vision
    )


def _check(count: int, palette: int, min_difference: float) -> None:
    if not 1 <= count <= COUNT_MAX:
        raise Invalid.of("count", "out_of_range", low=1, high=COUNT_MAX)
    if palette > PALETTE_MAX:
        raise Invalid.of("palette", "too_many", max=PALETTE_MAX)
    if not 2 <= min_difference <= 50:
        raise Invalid.of("min_difference", "out_of_range", low=2, high=50)


def _ideas(
    base: Colour, background: Colour, minimum: float, palette: list[Colour], seed: int
) -> Iterator[tuple[str, Colour | None]]:
    """Origin and colour in the order they are tried; None where no lightness reaches the contrast."""
    for colour in sorted(dict.fromkeys(palette), key=lambda c: rank(seed, "palette", c.hex)):
        yield "palette", colour if readable(colour, background, minimum) else None
    start = _lively(oklch(base), seed)
    for move in shuffled(seed, "move", _MOVES):
        lighter, times, turn = _MOVES[move]
        wanted = (start[0] + lighter, start[1] * times, (start[2] + turn) % 360)
        yield move, _fit(wanted, background, minimum)
    for lch in _grid(seed):
        colour = nearest(lch)
        yield "grid", colour if readable(colour, background, minimum) else None


def _lively(lch: Triple, seed: int) -> Triple:
    """A grey has no hue to turn: it gets chroma, and the seed's hue."""
    if lch[1] >= _GREY_CHROMA:
        return lch
    return lch[0], _LIVELY_CHROMA, float(rank(seed, "hue") % 360)


def _grid(seed: int) -> list[Triple]:
    points = [(0.05 + 0.1 * i, chroma, 15.0 * h) for i in range(10) for chroma in (0.0, 0.08, 0.16) for h in range(24)]
    return sorted(points, key=lambda point: rank(seed, "grid", *map(repr, point)))


def _fit(lch: Triple, background: Colour, minimum: float) -> Colour | None:
    """The nearest lightness at which the colour is readable, or None."""
    for step in range(round(1 / _STEP) + 1):
        for way in (1, -1):
            lightness = lch[0] + way * step * _STEP
            if 0 <= lightness <= 1:
                colour = nearest((lightness, lch[1], lch[2]))
                if readable(colour, background, minimum):
                    return colour
    return None


def _variant(colour: Colour, origin: str, base: Colour, background: Colour) -> ColourVariant:
    label = best_label(colour)
    visions = tuple(
        VisionCheck(
            vision,
            round(contrast(simulate(colour, vision), simulate(background, vision)), 2),
            round(difference(simulate(colour, vision), simulate(base, vision)), 1),
        )
        for vision in Vision
    )
    return ColourVariant(
        colour.hex,
        origin,
        round(contrast(colour, background), 2),
        round(difference(colour, base), 1),
        label.hex,
        round(contrast(label, colour), 2),
        visions,
    )
