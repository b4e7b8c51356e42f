"""Layouts to test: where things stand on a page and how large they are, as parameters with rules between them.

Each idea changes one parameter of the layout in use (two where one alone would break a rule), so that the test says
what made the difference. A layout reaches a page as custom properties (`css_variables`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from enterprise_app.core.errors import FieldProblem, Invalid

from .seeding import rank

COUNT = 2
COUNT_MAX = 12


class Parameter(StrEnum):
    """What a layout says."""

    CTA_ALIGN = "cta_align"
    CTA_HEIGHT = "cta_height"
    CTA_POSITION = "cta_position"
    DENSITY = "density"
    HEADLINE_SIZE = "headline_size"
    HERO_HEIGHT = "hero_height"
    IMAGE_SIDE = "image_side"


CHOICES: dict[Parameter, tuple[str, ...]] = {
    Parameter.CTA_ALIGN: ("start", "center", "end", "stretch"),
    Parameter.CTA_POSITION: ("above_headline", "below_headline", "below_text", "page_end"),
    Parameter.DENSITY: ("compact", "regular", "airy"),
    Parameter.IMAGE_SIDE: ("start", "end", "top", "behind"),
}
RANGES: dict[Parameter, tuple[int, int, int]] = {
    Parameter.CTA_HEIGHT: (44, 72, 4),
    Parameter.HEADLINE_SIZE: (24, 72, 4),
    Parameter.HERO_HEIGHT: (40, 100, 10),
}
"""Smallest, largest, step: pixels (WCAG 2.2, 2.5.5: a target of 44), pixels, per cent of the window's height."""

_SPACING = {"compact": "0.75rem", "regular": "1.25rem", "airy": "2rem"}
_UNITS = {Parameter.CTA_HEIGHT: "px", Parameter.HEADLINE_SIZE: "px", Parameter.HERO_HEIGHT: "vh"}

Value = str | int


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions and sizes of a page's hero."""

    cta_align: str = "start"
    cta_height: int = 48
    cta_position: str = "below_text"
    density: str = "regular"
    headline_size: int = 40
    hero_height: int = 70
    image_side: str = "end"

    def values(self) -> dict[str, Value]:
        """By name, for a variant's parameters."""
        return {parameter.value: getattr(self, parameter.value) for parameter in Parameter}


@dataclass(frozen=True, slots=True)
class LayoutVariant:
    """A layout to test, and what is different in it."""

    layout: Layout
    changes: dict[str, Value]


def read_layout(values: Mapping[str, object]) -> Layout:
    """A layout from parameters; what is not named is as by default. Raises Invalid naming every bad field."""
    problems = [problem for name, value in values.items() for problem in _problems(name, value)]
    if problems:
        raise Invalid(problems)
    layout = Layout(**values)  # type: ignore[arg-type]  # each value was looked at
    if broken := broken_rules(layout):
        raise Invalid([FieldProblem(field, rule) for field, rule in broken])
    return layout


def broken_rules(layout: Layout) -> list[tuple[str, str]]:
    """Field and rule of what does not go together."""
    rules = (
        (
            layout.hero_height >= 90 and layout.cta_position == "page_end",
            ("cta_position", "layout_cta_out_of_sight"),
        ),
        (layout.density == "compact" and layout.cta_height > 56, ("cta_height", "layout_cta_crowded")),
        (
            layout.hero_height < 60 and layout.headline_size > 56,
            ("headline_size", "layout_headline_overflows"),
        ),
        (
            layout.image_side in ("start", "end") and layout.cta_align == "stretch",
            ("cta_align", "layout_cta_across_image"),
        ),
        (
            layout.image_side == "behind" and layout.cta_position == "above_headline",
            ("cta_position", "layout_cta_on_image"),
        ),
    )
    return [found for broken, found in rules if broken]


def layout_ideas(current: Layout, *, count: int = COUNT, seed: int = 0) -> tuple[LayoutVariant, ...]:
    """Up to `count` layouts, each changing another parameter while there are any; in the seed's order."""
    if not 1 <= count <= COUNT_MAX:
        raise Invalid.of("count", "out_of_range", low=1, high=COUNT_MAX)
    chosen: list[LayoutVariant] = []
    for variant in _spread(current, seed):
        if len(chosen) == count:
            break
        chosen.append(variant)
    return tuple(chosen)


def css_variables(layout: Layout) -> dict[str, str]:
    """The layout as custom properties: `--hero-height: 70vh`; the density as a length, `--spacing`."""
    values = {
        f"--{parameter.value.replace('_', '-')}": f"{getattr(layout, parameter.value)}{_UNITS.get(parameter, '')}"
        for parameter in Parameter
        if parameter is not Parameter.DENSITY
    }
    return {**values, "--spacing": _SPACING[layout.density]}


def _spread(current: Layout, seed: int) -> Iterator[LayoutVariant]:
    """One change of each parameter before the second of any."""
    order = sorted(Parameter, key=lambda parameter: rank(seed, "parameter", parameter))
    queues = {p: sorted(_others(current, p), key=lambda v, p=p: rank(seed, "value", p, str(v))) for p in order}
    while any(queues.values()):
        for parameter in order:
            if queues[parameter]:
                found = _possible(current, parameter, queues[parameter].pop(0), seed)
                if found is not None:
                    yield found


def _others(current: Layout, parameter: Parameter) -> list[Value]:
    """Other values of a parameter; of sizes only those that can be seen to differ (two steps and more)."""
    now = getattr(current, parameter.value)
    if parameter in CHOICES:
        return [value for value in CHOICES[parameter] if value != now]
    low, high, step = RANGES[parameter]
    return [value for value in range(low, high + 1, step) if abs(value - now) >= 2 * step]


def _possible(current: Layout, parameter: Parameter, value: Value, seed: int) -> LayoutVariant | None:
    """The change alone, or with the one other change that keeps the rules; None where two do not suffice."""
    layout = _with(current, {parameter.value: value})
    if not broken_rules(layout):
        return LayoutVariant(layout, {parameter.value: value})
    repairs = [(other, choice) for other in Parameter if other is not parameter for choice in _others(current, other)]
    for other, choice in sorted(repairs, key=lambda r: rank(seed, "repair", r[0], str(r[1]))):
        repaired = _with(layout, {other.value: choice})
        if not broken_rules(repaired):
            return LayoutVariant(repaired, {parameter.value: value, other.value: choice})
    return None


def _with(layout: Layout, changes: dict[str, Value]) -> Layout:
    return Layout(**{**layout.values(), **changes})  # type: ignore[arg-type]


def _problems(name: str, value: object) -> Iterator[FieldProblem]:
    if name not in list(Parameter):
        yield FieldProblem(name, "not_one_of", {"allowed": ", ".join(Parameter)})
    elif (parameter := Parameter(name)) in CHOICES:
        if value not in CHOICES[parameter]:
            yield FieldProblem(name, "not_one_of", {"allowed": ", ".join(CHOICES[parameter])})
    elif not isinstance(value, int) or isinstance(value, bool):
        yield FieldProblem(name, "number_malformed")
    elif not RANGES[parameter][0] <= value <= RANGES[parameter][1]:
        yield FieldProblem(name, "out_of_range", {"low": RANGES[parameter][0], "high": RANGES[parameter][1]})
