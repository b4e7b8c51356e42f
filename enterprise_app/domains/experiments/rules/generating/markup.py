"""Pages and drawings with other colours, variables, headlines and calls to action; every other byte as it was.

Parsers say where things stand (HTML as browsers read it, SVG by expat), the change is made in the source. The result of
a page is parsed again and must have the same elements and attributes as before, or nothing is changed. This is no
sanitiser: what harmed before harms after.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from xml.parsers import expat

from justhtml import JustHTML
from tinycss2.color4 import parse_color

from .editing import Edit, apply, attributes
from .recolouring import recolour_one
from .spaces import find_css_colour
from .styles import StyleChanges, find_edits
from .texts import TextKind

_COLOUR_ATTRIBUTES = ("fill", "stroke", "stop-color", "flood-color", "lighting-color", "color", "bgcolor")
_STYLE_END = re.compile(r"</style", re.I)
_HEADLINES = ("[data-headline]", "h1", "h2")
_CALLS = ("[data-cta]", "[class~=cta]", "button", "[class~=button]", "[class~=btn]")
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Changes:
    """What to change in markup: styles, and texts by what they are on the page."""

    styles: StyleChanges = field(default_factory=StyleChanges)
    texts: Mapping[TextKind, str] = field(default_factory=dict)


def change_page(source: str, changes: Changes) -> str:
    """The page with the changes, or as it was where they can't be made without touching anything else."""
    before = _parse(source)
    edits = list(dict.fromkeys(_page_edits(before, source, changes)))  # what the parser clones stands in one place
    if not edits:
        return source
    try:
        changed = apply(source, edits)
    except ValueError:
        return source
    after = _parse(changed)
    return changed if _shape(before, changes.styles) == _shape(after, changes.styles) else source


def find_text(source: str, kind: TextKind) -> str | None:
    """The page's headline or call to action as it reads now."""
    found = _text_of(_parse(source), source, kind)
    return None if found is None else " ".join(str(found[0].data).split())


def style_sources(source: str) -> list[str]:
    """The style sheets of a page and the declarations of its elements, as they are written."""
    parsed = _parse(source)
    sheets = [source[start:end] for start, end in _sheets(parsed, source)]
    return sheets + [value for element in _elements(parsed.root) if (value := (element.attrs or {}).get("style"))]


def change_drawing(data: bytes, styles: StyleChanges) -> bytes:
    """An SVG with other colours and variables; one that is not UTF-8 or not well-formed stays as it is."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data
    source = data.decode("latin-1")  # a byte is a character: places of both parsers are the same
    try:
        edits = list(_drawing_edits(data, source, styles))
        changed = apply(source, edits).encode("latin-1")
        expat.ParserCreate().Parse(changed, True)
    except (expat.ExpatError, ValueError):
        return data
    return changed


def drawing_sources(data: bytes) -> list[str]:
    """What of an SVG can hold colours: its style sheets, and its attributes as declarations."""
    source = data.decode("utf-8", "replace")
    sheets = re.findall(r"<style[^>]*>(.*?)</style", source, re.S)
    names = "|".join(_COLOUR_ATTRIBUTES)
    found = re.findall(rf"\b({names})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", source)
    return sheets + [f"{name}:{one or other}" for name, one, other in found]


def _parse(source: str) -> Any:
    return JustHTML(source, sanitize=False, track_node_locations=True)


def _elements(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if here is not node and not here.name.startswith(("#", "!")):
            yield here
        waiting += reversed(here.children or [])


def _page_edits(parsed: Any, source: str, changes: Changes) -> Iterator[Edit]:
    if changes.styles.recolours or changes.styles.variables:
        for start, end in _sheets(parsed, source):
            yield from (edit.moved(start) for edit in find_edits(source[start:end], changes.styles).edits)
        for element in _elements(parsed.root):
            if (place := _place(element, source)) is not None:
                yield from _attribute_edits(source, place, changes.styles)
    for kind, text in changes.texts.items():
        found = _text_of(parsed, source, kind)
        if found is not None:
            yield Edit(found[1], found[2], escape(text, quote=False))


def _place(element: Any, source: str) -> int | None:
    """Where its start tag stands; None for what the parser has added."""
    place = element.origin_offset
    if place is None or source[place + 1 : place + 1 + len(element.name)].lower() != element.name.lower():
        return None
    return place


def _sheets(parsed: Any, source: str) -> Iterator[tuple[int, int]]:
    for element in parsed.query("style"):
        text = next(iter(element.children or []), None)
        if text is not None and text.origin_offset is not None and element.namespace == "html":
            found = _STYLE_END.search(source, text.origin_offset)
            yield text.origin_offset, found.start() if found else len(source)


def _attribute_edits(source: str, place: int, styles: StyleChanges) -> Iterator[Edit]:
    """In quoted values without character references: there a place in the value is a place in the source."""
    for name, attribute in attributes(source, place).items():
        value = source[attribute.start : attribute.end]
        if len(value) < 2 or value[0] not in "\"'" or "&" in value:
            continue
        inner, start = value[1:-1], attribute.start + 1
        if name == "style":
            found = find_edits(inner, styles, declarations=True)
            yield from (edit.moved(start) for edit in found.edits)
        elif name in _COLOUR_ATTRIBUTES and (colour := find_css_colour(parse_color(inner))) and colour[1] == 1:
            new = recolour_one(colour[0], styles.recolours) if styles.recolours else colour[0]
            if new != colour[0]:
                yield Edit(start, start + len(inner), new.hex)


def _text_of(parsed: Any, source: str, kind: TextKind) -> tuple[Any, int, int] | None:
    """The text node that is the page's headline or call to action, and where it stands."""
    for selector in _HEADLINES if kind is TextKind.HEADLINE else _CALLS:
        for element in parsed.query(selector):
            found = _only_text(element, source)
            if found is not None:
                return found
    return None


def _only_text(element: Any, source: str) -> tuple[Any, int, int] | None:
    """The text of an element that holds nothing else, however often it is wrapped."""
    for _ in range(_DEPTH):
        children = [c for c in element.children or [] if c.name != "#text" or str(c.data).strip()]
        if len(children) != 1 or _place(element, source) is None:
            return None
        (child,) = children
        if child.name == "#text":
            found = re.compile(f"</{re.escape(element.name)}", re.I).search(source, child.origin_offset or 0)
            return None if child.origin_offset is None or not found else (child, child.origin_offset, found.start())
        element = child
    return None


def _shape(parsed: Any, styles: StyleChanges) -> list[Any]:
    """Elements with their attributes; of those that are edited only the names, which edits can't add to."""
    edited = {"style", *_COLOUR_ATTRIBUTES}
    return [
        (e.name, e.namespace, sorted((n, None if n in edited else v) for n, v in (e.attrs or {}).items()))
        for e in _elements(parsed.root)
    ]


def _drawing_edits(data: bytes, source: str, styles: StyleChanges) -> Iterator[Edit]:
    parser = expat.ParserCreate()
    tags: list[tuple[str, int]] = []
    sheets: list[tuple[int, int]] = []
    opened: list[tuple[str, int]] = []

    def start(name: str, given: dict[str, str]) -> None:
        opened.append((name.rpartition(":")[2], parser.CurrentByteIndex))
        tags.append(opened[-1])

    def end(name: str) -> None:
        local, place = opened.pop()
        if local == "style" and parser.CurrentByteIndex > place:
            sheets.append((place, parser.CurrentByteIndex))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(data, True)
    for _, place in tags:
        yield from _attribute_edits(source, place, styles)
    for place, until in sheets:
        first = source.find(">", place) + 1
        inner = source[first:until]
        if (cdata := re.match(r"\s*<!\[CDATA\[(.*)\]\]>\s*\Z", inner, re.S)) is not None:
            first, inner = first + cdata.start(1), cdata[1]
        if "&" not in inner and "<" not in inner:
            yield from (edit.moved(first) for edit in find_edits(inner, styles).edits)
