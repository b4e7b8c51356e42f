"""Changing text at known places: edits of a source, and where the attributes of a tag stand in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

_SPACE = " \t\n\r\f"


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str

    def moved(self, by: int) -> "Edit":
        """The same edit in a longer source."""
        return Edit(self.start + by, self.end + by, self.text)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a tag, lower-case name; `start` and `end` are its value's, with its quotes if it has any."""

    name: str
    start: int
    end: int

    def edit(self, value: str) -> Edit:
        """Its value replaced: quoted, and escaped so that it stays a value."""
        return Edit(self.start, self.end, f'"{escape(value, quote=True)}"')


def apply(source: str, edits: Iterable[Edit]) -> str:
    """The source with all edits made. They must not overlap."""
    parts, place = [], 0
    for edit in sorted(edits, key=lambda e: e.start):
        if edit.start < place:
            raise ValueError("edits overlap")
        parts += [source[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, source[place:]])


def attributes(source: str, tag: int) -> dict[str, Attribute]:
    """The attributes that have a value, of the start tag at `tag`; the first of a name counts.

    As HTML's tokeniser finds them (WHATWG HTML, 13.2.5.32 to 13.2.5.40); a well-formed tag of XML is read the same.
    """
    found: dict[str, Attribute] = {}
    for attribute in _each(source, tag):
        found.setdefault(attribute.name, attribute)
    return {name: a for name, a in found.items() if a.start < a.end}


def _each(source: str, tag: int) -> Iterator[Attribute]:
    place = _until(source, tag + 1, _SPACE + "/>")
    while True:
        place = _past(source, place, _SPACE + "/")
        if place >= len(source) or source[place] == ">":
            return
        end = _until(source, place + 1, _SPACE + "/>=")
        name = source[place:end].lower()
        place = _past(source, end, _SPACE)
        if source[place : place + 1] == "=":
            start = _past(source, place + 1, _SPACE)
            place = _value_end(source, start)
            yield Attribute(name, start, place)
        else:
            yield Attribute(name, end, end)


def _value_end(source: str, start: int) -> int:
    quote = source[start : start + 1]
    if quote and quote in "\"'":
        closing = source.find(quote, start + 1)
        return len(source) if closing < 0 else closing + 1
    return _until(source, start, _SPACE + ">")


def _until(source: str, place: int, stops: str) -> int:
    while place < len(source) and source[place] not in stops:
        place += 1
    return place


def _past(source: str, place: int, skipped: str) -> int:
    while place < len(source) and source[place] in skipped:
        place += 1
    return place
