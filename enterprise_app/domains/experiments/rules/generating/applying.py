"""An idea applied to what it is for: a picture, a drawing, a page, a style sheet, a text."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .finding import colour_of_picture, colour_of_styles, layout_of_styles
from .images import recolour_image
from .layouts import Layout, Parameter, css_variables
from .markup import Changes, change_drawing, change_page, drawing_sources, find_text, style_sources
from .plans import Value
from .recolouring import Recolour, read_recolours
from .styles import change_stylesheet, style_changes
from .texts import TextKind

RASTERS = frozenset({"image/png", "image/jpeg", "image/webp"})
SVG, HTML, CSS = "image/svg+xml", "text/html", "text/css"
TEXTS = frozenset({"text/plain", "text/markdown"})
_SHORT = 300
_SEEN = 0.005
"""Share of its pixels below which a picture counts as unchanged: the rest is noise of its compression."""


@dataclass(frozen=True, slots=True)
class Material:
    """A content to vary. `moves`: more than one frame, which is left alone."""

    content_type: str
    data: bytes
    moves: bool = False


@dataclass(frozen=True, slots=True)
class Current:
    """What is in use now, and is varied: a colour, texts, a layout; what is not there is not varied."""

    colour: str | None = None
    texts: Mapping[TextKind, str] = field(default_factory=dict)
    layout: Layout | None = None


def find_colour(material: Material) -> str | None:
    """The colour that stands out in it."""
    if material.content_type in RASTERS or material.content_type == "image/gif":
        return colour_of_picture(material.data)
    return colour_of_styles(_styles(material))


def find_layout(material: Material) -> Layout | None:
    """The layout that its custom properties declare."""
    return layout_of_styles(_styles(material)) if material.content_type in (HTML, CSS) else None


def find_current_text(material: Material, kind: TextKind) -> str | None:
    """The headline or call to action of a page; of a text that is one short line, the line."""
    if material.content_type == HTML:
        return find_text(_text(material), kind)
    if material.content_type in TEXTS:
        line = _text(material).strip()
        return line if 0 < len(line) <= _SHORT and "\n" not in line else None
    return None


def change(material: Material, current: Current, changes: Mapping[str, Value]) -> bytes | None:
    """The content with the changes; None where they change nothing in it."""
    changed = _changed(material, current, changes)
    return None if changed is None or changed == material.data else changed


def _changed(material: Material, current: Current, changes: Mapping[str, Value]) -> bytes | None:
    recolours = _recolours(current, changes)
    if material.content_type in RASTERS:
        if not recolours or material.moves:
            return None
        made = recolour_image(material.data, recolours)
        return made.data if made.changed >= _SEEN else None
    styles = style_changes(_variables(current, changes), recolours)
    if material.content_type == SVG:
        return change_drawing(material.data, styles)
    if material.content_type == CSS:
        return change_stylesheet(_text(material), styles)[0].encode()
    texts = {kind: str(changes[kind.value]) for kind in TextKind if kind.value in changes}
    if material.content_type == HTML:
        return change_page(_text(material), Changes(styles, texts)).encode()
    if material.content_type in TEXTS and texts:
        replaced = next((t for k, t in texts.items() if find_current_text(material, k) == current.texts.get(k)), None)
        return None if replaced is None else (replaced + "\n").encode()
    return None


def _recolours(current: Current, changes: Mapping[str, Value]) -> tuple[Recolour, ...]:
    if "colour" not in changes or current.colour is None:
        return ()
    return read_recolours([(current.colour, str(changes["colour"]))])


def _variables(current: Current, changes: Mapping[str, Value]) -> dict[str, str]:
    """Only the custom properties that differ from those in use."""
    wanted = {name: value for name, value in changes.items() if name in list(Parameter)}
    if current.layout is None or not wanted:
        return {}
    before = css_variables(current.layout)
    after = css_variables(Layout(**{**current.layout.values(), **wanted}))  # type: ignore[arg-type]
    return {name: value for name, value in after.items() if before[name] != value}


def _styles(material: Material) -> list[str]:
    if material.content_type == HTML:
        return style_sources(_text(material))
    if material.content_type == SVG:
        return drawing_sources(material.data)
    return [_text(material)] if material.content_type == CSS else []


def _text(material: Material) -> str:
    return material.data.decode("utf-8")
