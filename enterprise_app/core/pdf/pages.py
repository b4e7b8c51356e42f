"""Pages as marks at places, and how they are drawn. Places are in millimetres from the top at the start of the line."""

from dataclasses import dataclass, field, replace
from typing import Literal

from fpdf.enums import TextMode

from .documents import Tone
from .text import harmless
from .typefaces import EDGED, Sheet

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 17.0
INNER = WIDTH - 2 * MARGIN
Ink = Tone | Literal["rule", "wash", "axis"]
COLOURS: dict[Ink, tuple[int, int, int]] = {
    "plain": (24, 28, 37), "quiet": (95, 102, 117), "good": (17, 112, 64), "bad": (180, 35, 24),
    "warning": (146, 84, 6), "rule": (221, 224, 230), "wash": (245, 246, 248), "axis": (160, 166, 178),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text in a box: at its start or its end. `within`: as for a `Box`; then start is left, end is right."""

    x: float
    y: float
    width: float
    text: str
    size: float
    bold: bool = False
    ink: Ink = "plain"
    end: bool = False
    within: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle. Its place inside `within` (start, width) is not mirrored, as on an axis of numbers."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink
    within: tuple[float, float] | None = None


Mark = Text | Box


@dataclass(slots=True)
class Page:
    """Marks and the height that they take; a part of a page is one too."""

    height: float = 0.0
    marks: list[Mark] = field(default_factory=list)

    def take(self, part: "Page", y: float) -> None:
        """Put a part at this height."""
        self.marks += [replace(mark, y=mark.y + y) for mark in part.marks]


def draw(sheet: Sheet, page: Page, footer: str, number: str, rtl: bool) -> None:
    """One more page."""
    sheet.add_page()
    for mark in page.marks:
        if isinstance(mark, Box):
            _draw_box(sheet, mark, rtl)
        else:
            _draw_text(sheet, mark, rtl)
    low, half = HEIGHT - 15, INNER / 4
    _draw_box(sheet, Box(0, low - 2, INNER, 0.2, "rule"), rtl)
    _draw_text(sheet, Text(0, low, INNER - half, footer, 7.5, ink="quiet"), rtl)
    _draw_text(sheet, Text(INNER - half, low, half, number, 7.5, ink="quiet", end=True), rtl)


def _draw_box(sheet: Sheet, box: Box, rtl: bool) -> None:
    sheet.set_fill_color(*COLOURS[box.ink])
    sheet.rect(_left(box, rtl), box.y, box.width, box.height, style="F")


def _draw_text(sheet: Sheet, text: Text, rtl: bool) -> None:
    colour = COLOURS[text.ink]
    sheet.set_font(sheet.own, "B" if text.bold else "", text.size)
    sheet.set_text_color(*colour)
    sheet.set_draw_color(*colour)
    edged = text.bold and sheet.own in EDGED
    sheet.text_mode = TextMode.FILL_STROKE if edged else TextMode.FILL
    sheet.set_line_width(text.size * 0.008)
    right = text.end if text.within else text.end is not rtl
    sheet.set_xy(_left(text, rtl), text.y)
    sheet.cell(text.width, height_of(text.size), harmless(text.text), align="R" if right else "L")


def _left(mark: Mark, rtl: bool) -> float:
    """Its left edge on the paper."""
    if not rtl:
        return MARGIN + mark.x
    start, width = mark.within or (mark.x, mark.width)
    return MARGIN + INNER - start - width + (mark.x - start)


def height_of(size: float) -> float:
    """Of a line in millimetres; Devanagari and Arabic need more than Latin."""
    return size * 0.3528 * 1.5
