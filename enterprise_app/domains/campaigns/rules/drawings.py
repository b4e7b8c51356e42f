"""Which SVG may be an asset: a drawing that runs nothing, loads nothing and can be read in one go.

What is refused: scripts and handlers, other languages inside (foreignObject), animations that write links or handlers,
addresses outside of the drawing, style sheets that load, entities (a few bytes that become gigabytes), style sheets
named by processing instructions. See SVG 2, chapters 2 (processing modes), 15 (scripting), 16 (linking).
"""

import re
from dataclasses import dataclass
from xml.parsers import expat

MAX_ELEMENTS = 100_000
MAX_DEPTH = 200
_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "http://www.w3.org/1999/xlink href"
_REFUSED = frozenset({"script", "foreignObject", "handler", "listener", "iframe", "object", "embed", "audio", "video"})
_ANIMATIONS = frozenset({"set", "animate", "animateTransform", "animateMotion", "discard"})
_INSIDE = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp);base64,)", re.I)
_LINK = re.compile(r"\s*(#|https?://|mailto:)", re.I)
_LOADS = re.compile(
    r"@import|expression\s*\(|javascript:|url\s*+\(\s*+[\"']?+\s*+(?!#|data:image/(?:png|jpeg|gif|webp)[;,])", re.I
)
_ESCAPE = re.compile(r"\\[0-9a-fA-F]")
_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)(?:px)?\s*\Z")


class UnsafeDrawing(ValueError):
    """`args[0]` is the code of its problem, `args[1]` the part that has it."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height as the drawing says them, None where it does not."""

    width: int | None
    height: int | None


def examine(data: bytes) -> Size:
    """How large the drawing is. Raises UnsafeDrawing."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = reader.entity
    parser.ProcessingInstructionHandler = reader.instruction
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise UnsafeDrawing("asset_svg_broken", f"{error.lineno}:{error.offset}") from error
    return reader.size


class _Reader:
    def __init__(self) -> None:
        self.size = Size(None, None)
        self._open: list[str] = []
        self._count = 0
        self._style: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise UnsafeDrawing("asset_svg_large", local)
        if not self._open:
            if (space, local) != (_SVG, "svg"):
                raise UnsafeDrawing("asset_svg_broken", local)
            self.size = _size(attributes)
        if local in _REFUSED or space == "http://www.w3.org/1999/xhtml":
            raise UnsafeDrawing("asset_svg_active", local)
        self._open.append(local)
        for attribute, value in attributes.items():
            _check(local, attribute, value)

    def end(self, name: str) -> None:
        if self._open.pop() == "style":
            _check_style("style", "".join(self._style))
            self._style.clear()

    def text(self, text: str) -> None:
        if self._open[-1:] == ["style"]:
            self._style.append(text)

    def entity(self, name: str, *rest: object) -> None:
        raise UnsafeDrawing("asset_svg_entity", name)

    def instruction(self, target: str, data: str) -> None:
        raise UnsafeDrawing("asset_svg_active", target)


def _check(element: str, attribute: str, value: str) -> None:
    local = attribute.rpartition(" ")[2]
    if local.lower().startswith("on"):
        raise UnsafeDrawing("asset_svg_active", local)
    if element in _ANIMATIONS and local == "attributeName" and _writes_links(value):
        raise UnsafeDrawing("asset_svg_active", element)
    if local in ("href", "src", "base") and not (_LINK if element == "a" else _INSIDE).match(value):
        raise UnsafeDrawing("asset_svg_loads", element)
    _check_style(local, value)


def _writes_links(attribute: str) -> bool:
    written = attribute.strip().rpartition(":")[2].lower()
    return written in ("href", "src") or written.startswith("on")


def _check_style(where: str, value: str) -> None:
    """Attributes of presentation take `url(…)`, too; what is written with escapes is not looked through."""
    if _LOADS.search(value) or (_ESCAPE.search(value) and (where == "style" or "(" in value)):
        raise UnsafeDrawing("asset_svg_loads", where)


def _size(attributes: dict[str, str]) -> Size:
    width, height = (_pixels(attributes.get(side, "")) for side in ("width", "height"))
    box = attributes.get("viewBox", "").replace(",", " ").split()
    if (width is None or height is None) and len(box) == 4:
        width, height = (_pixels(side) for side in box[2:])
    return Size(width, height)


def _pixels(length: str) -> int | None:
    found = _LENGTH.match(length)
    return None if found is None else max(1, min(100_000, round(float(found[1]))))
