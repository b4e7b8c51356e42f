"""Semantic versions and ranges of them (semver.org 2.0.0; `^` and `~` as npm reads them)."""

import re
from functools import lru_cache

_VERSION = re.compile(
    r"^v?(0|[1-9]\d{0,8})(?:\.(0|[1-9]\d{0,8}))?(?:\.(0|[1-9]\d{0,8}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$"
)
_RANGE = re.compile(r"^\s*(>=|<=|!=|>|<|=|\^|~)?\s*(\S+)\s*$")
Version = tuple[int, int, int, tuple[tuple[int, int, str], ...]]
_RELEASE = ((2, 0, ""),)
"""Sorts after every pre-release."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Version | None:
    """The version as a value that compares by precedence (semver 11); None when it is none. `1.2` is `1.2.0`."""
    found = _VERSION.match(text.strip())
    if found is None:
        return None
    major, minor, patch = (int(part or 0) for part in found.group(1, 2, 3))
    return major, minor, patch, _pre(found.group(4)) if found.group(4) else _RELEASE


def _pre(text: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers before words, numbers by value, a longer list after its own beginning."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in text.split("."))


def is_range(text: str) -> bool:
    """Whether it can be compared with."""
    found = _RANGE.match(text)
    return found is not None and parse(found.group(2)) is not None


def matches(text: str, wanted: str) -> bool:
    """Whether the version is in the range; what is no version is in none."""
    found, version = _RANGE.match(wanted), parse(text)
    bound = parse(found.group(2)) if found else None
    if found is None or version is None or bound is None:
        return False
    match found.group(1) or "=":
        case ">=":
            return version >= bound
        case "<=":
            return version <= bound
        case ">":
            return version > bound
        case "<":
            return version < bound
        case "!=":
            return version != bound
        case "^":
            return bound <= version < _next(bound, caret=True)
        case "~":
            return bound <= version < _next(bound, caret=False)
        case _:
            return version == bound


def _next(bound: Version, *, caret: bool) -> Version:
    """The first version that is too new, pre-releases of it included."""
    major, minor, patch, _ = bound
    if not caret:
        return major, minor + 1, 0, ()
    if major:
        return major + 1, 0, 0, ()
    return (0, minor + 1, 0, ()) if minor else (0, 0, patch + 1, ())
