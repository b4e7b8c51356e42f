"""Traits: each has the time it was said, and the newest holds, in whatever order they arrive."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

NAMES_MAX = 200
NAME_LENGTH = 100
VALUE_LENGTH = 2_000

Traits = Mapping[str, Any]
Times = Mapping[str, int]


def micros(at: datetime) -> int:
    """The instant as a number that compares and stores exactly: microseconds since 1970."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def absorb(traits: Traits, times: Times, said: Traits, at: int) -> tuple[dict[str, Any], dict[str, int]]:
    """The traits after somebody said `said` at that time; null takes one away (and is kept, to outlast older news).

    What fits no bound is left out: names over 100 characters, values over 2,000 of JSON, more than 200 names.
    """
    kept, when = dict(traits), dict(times)
    for name, value in said.items():
        if fits(name, value) and (name in kept or len(kept) < NAMES_MAX) and _wins(value, at, kept, when, name):
            kept[name], when[name] = value, at
    return kept, when


def together(members: Iterable[tuple[Traits, Times]]) -> dict[str, Any]:
    """The traits of several profiles as one person's."""
    kept: dict[str, Any] = {}
    when: dict[str, int] = {}
    for traits, times in members:
        for name, value in traits.items():
            if _wins(value, times.get(name, 0), kept, when, name):
                kept[name], when[name] = value, times.get(name, 0)
    return kept


def visible(traits: Traits) -> dict[str, Any]:
    """Without those that were taken away."""
    return {name: value for name, value in traits.items() if value is not None}


def storable(value: Any) -> bool:
    """Whether PostgreSQL can hold it: without NUL and lone surrogates anywhere inside."""
    text = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in text and text == text.encode("utf-8", "replace").decode()


def fits(name: str, value: Any) -> bool:
    """Whether a trait is within bounds."""
    if not 0 < len(name) <= NAME_LENGTH:
        return False
    if isinstance(value, str):
        return len(value) <= VALUE_LENGTH
    return not isinstance(value, dict | list) or len(json.dumps(value)) <= VALUE_LENGTH


def _wins(value: Any, at: int, kept: Traits, when: Times, name: str) -> bool:
    """Newer wins; said at the same instant, the greater text does, so that order never matters."""
    if name not in kept:
        return True
    before = when.get(name, 0)
    return at > before or (at == before and _text(value) > _text(kept[name]))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
