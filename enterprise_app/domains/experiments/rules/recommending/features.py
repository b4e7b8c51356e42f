"""What a variant is like, in numbers: its colours as they are seen, the shape and tone of its texts, its layout.

A parameter is of one kind over all variants that are compared. What a variant does not set counts as average, and that
it does not set it is a feature of its own (`absent`). Names and addresses of things (`…_id`, links) say nothing.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tinycss2.color4 import parse_color

from ...recommendation_schemas import PARAMETERS_MAX, Aspect
from ..generating.perceiving import contrast
from ..generating.spaces import Colour, find_css_colour, oklab
from ..generating.texts import columns

Scalar = str | int | float | bool
Parameters = Mapping[str, Scalar]

LEVELS_MAX = 12
"""Values of one choice that get a feature of their own, the most used; the others count as alike."""
_TEXT_COLUMNS = 24
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_COLOUR_NAMES = ("color", "colour", "background", "accent", "tint")
_TEXT_NAMES = ("body", "call_to_action", "copy", "cta_text", "headline", "label", "subject", "text", "title")
_WHITE = Colour(255, 255, 255)


class Kind(StrEnum):
    """What the values of a parameter are."""

    CHOICE = "choice"
    COLOUR = "colour"
    NUMBER = "number"
    SWITCH = "switch"
    TEXT = "text"


CURVED = (Aspect.BLUE_YELLOW, Aspect.CONTRAST, Aspect.GREEN_RED, Aspect.LENGTH, Aspect.LIGHTNESS, Aspect.SIZE)
"""Aspects whose best value may lie in the middle."""


@dataclass(frozen=True, slots=True, order=True)
class Feature:
    """One number of a variant; `level` is the value that a choice must have."""

    parameter: str
    aspect: Aspect
    level: str = ""


# Words that speak to the reader, and words of haste, in the eight languages of the generator's templates.
_ADDRESS = frozenset(
    (
        *("you", "your", "yours"),
        *("du", "dein", "deine", "deinen", "ihr", "ihre", "ihren"),
        *("tú", "tu", "tus", "usted", "vous", "votre", "vos", "ton", "ta", "tes"),
        *("आप", "आपका", "आपकी", "आपके", "أنت", "لك"),
    )
)
_ADDRESS_PARTS = ("あなた", "您", "你")
_URGENCY = frozenset(
    (
        *("now", "today", "hurry", "last", "soon", "jetzt", "heute", "sofort", "bald"),
        *("ahora", "hoy", "ya", "pronto", "maintenant", "aujourd'hui", "vite"),
        *("अभी", "आज", "الآن", "اليوم"),
    )
)
_URGENCY_PARTS = ("今すぐ", "今日", "本日", "立即", "今天", "马上")
_WORD = re.compile(r"[^\s.,;:!?¡¿…()\"«»„“”。、！？؟।]+")


def kinds(variants: Iterable[Parameters]) -> dict[str, Kind]:
    """Of every parameter that says something, by name."""
    values: dict[str, list[Scalar]] = {}
    for parameters in variants:
        for name, value in parameters.items():
            values.setdefault(name, []).append(value)
    found = {name: _kind(name, seen) for name, seen in sorted(values.items())}
    return {name: kind for name, kind in found.items() if kind is not None}


def read_parameters(value: object) -> dict[str, Scalar]:
    """The parameters in what a variant's flag answers: an object's scalars (nested ones as `a.b`), a lone scalar."""
    if isinstance(value, dict):
        found: dict[str, Scalar] = {}
        for name, inner in value.items():
            own = read_parameters(inner) if isinstance(inner, dict) else _scalar(name, inner)
            found |= {f"{name}.{k}": v for k, v in own.items()} if isinstance(inner, dict) else own
        return dict(sorted(found.items())[:PARAMETERS_MAX])
    return _scalar("value", value)


def measure(parameters: Parameters, known: Mapping[str, Kind]) -> dict[Feature, float]:
    """The numbers of a variant. A value of another kind than its parameter's says nothing."""
    found: dict[Feature, float] = {}
    ground = _background(parameters, known)
    for name, kind in known.items():
        own = _measured(name, kind, parameters[name], ground) if name in parameters else {}
        found |= own or {Feature(name, Aspect.ABSENT): 1.0}
    return found


def read_colour(value: Scalar) -> Colour | None:
    """An opaque colour, or None."""
    found = find_css_colour(parse_color(value)) if isinstance(value, str) else None
    return found[0] if found is not None and found[1] == 1 else None


def background_of(parameters: Parameters, known: Mapping[str, Kind]) -> str | None:
    """The parameter that others stand on."""
    names = [n for n, kind in known.items() if kind is Kind.COLOUR and "background" in n.lower() and n in parameters]
    return names[0] if names else None


def _kind(name: str, values: list[Scalar]) -> Kind | None:
    if all(isinstance(v, bool) for v in values):
        return Kind.SWITCH
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return Kind.NUMBER
    texts = [v for v in values if isinstance(v, str)]
    if not texts:
        return None
    if all(_looks_a_colour(name, text) for text in texts):
        return Kind.COLOUR
    lower = name.lower().rsplit(".", 1)[-1]
    is_text = any(part in lower for part in _TEXT_NAMES) and "size" not in lower and "position" not in lower
    return Kind.TEXT if is_text or any(" " in t.strip() or columns(t) > _TEXT_COLUMNS for t in texts) else Kind.CHOICE


def _looks_a_colour(name: str, text: str) -> bool:
    hinted = any(part in name.lower() for part in _COLOUR_NAMES)
    return bool(hinted or _HEX.fullmatch(text)) and read_colour(text) is not None


def _scalar(name: str, value: object) -> dict[str, Scalar]:
    if isinstance(value, bool):
        return {name: value}
    if isinstance(value, int | float):
        return {name: value} if math.isfinite(value) and abs(value) <= 1e9 else {}
    if not isinstance(value, str) or not value.strip() or len(value) > 1000 or _is_reference(name, value):
        return {}
    return {name: value}


def _is_reference(name: str, value: str) -> bool:
    if name.lower().endswith(("_id", "_url", "_key", ".id")) or name.lower() in ("id", "url", "key", "sha256"):
        return True
    if re.match(r"[a-z][a-z0-9+.-]*://", value, re.IGNORECASE):
        return True
    try:
        return bool(UUID(value))
    except ValueError:
        return False


def _background(parameters: Parameters, known: Mapping[str, Kind]) -> tuple[str | None, Colour]:
    name = background_of(parameters, known)
    return name, (read_colour(parameters[name]) if name else None) or _WHITE


def _measured(name: str, kind: Kind, value: Scalar, ground: tuple[str | None, Colour]) -> dict[Feature, float]:
    if kind is Kind.COLOUR:
        return _of_colour(name, value, ground)
    if kind is Kind.TEXT:
        return _of_text(name, value) if isinstance(value, str) else {}
    if kind is Kind.NUMBER:
        return {Feature(name, Aspect.SIZE): float(value)} if isinstance(value, int | float) else {}
    if kind is Kind.SWITCH:
        return {Feature(name, Aspect.ON): float(value)} if isinstance(value, bool) else {}
    return {Feature(name, Aspect.LEVEL, str(value)): 1.0}


def _of_colour(name: str, value: Scalar, ground: tuple[str | None, Colour]) -> dict[Feature, float]:
    colour = read_colour(value)
    if colour is None:
        return {}
    lightness, green_red, blue_yellow = oklab(colour)
    found = {
        Feature(name, Aspect.LIGHTNESS): lightness,
        Feature(name, Aspect.GREEN_RED): green_red,
        Feature(name, Aspect.BLUE_YELLOW): blue_yellow,
    }
    if name != ground[0]:
        found[Feature(name, Aspect.CONTRAST)] = math.log(contrast(colour, ground[1]))
    return found


def _of_text(name: str, text: str) -> dict[Feature, float]:
    words = {word.casefold() for word in _WORD.findall(text)}
    marks = {
        Aspect.QUESTION: any(mark in text for mark in "?？؟"),
        Aspect.EXCLAMATION: any(mark in text for mark in "!！"),
        Aspect.FIGURE: any(character.isdigit() for character in text),
        Aspect.ADDRESS: bool(words & _ADDRESS) or any(part in text for part in _ADDRESS_PARTS),
        Aspect.URGENCY: bool(words & _URGENCY) or any(part in text for part in _URGENCY_PARTS),
    }
    found = {Feature(name, aspect): float(holds) for aspect, holds in marks.items()}
    return {**found, Feature(name, Aspect.LENGTH): math.log(max(columns(text), 1))}
