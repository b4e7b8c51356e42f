"""Writes blocks of lines that fit into a width."""

from .documents import Tone
from .pages import Ink, Page, Text, height_of
from .text import harmless, lines
from .typefaces import Sheet


class Pen:
    """Knows how wide text is, shaped as it will be."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def width(self, text: str, size: float, bold: bool = False) -> float:
        """In millimetres."""
        self._sheet.set_font(self._sheet.own, "B" if bold else "", size)
        return self._sheet.get_string_width(text) if text else 0.0

    def write(
        self,
        text: str,
        width: float,
        size: float,
        *,
        x: float = 0,
        y: float = 0,
        bold: bool = False,
        ink: Ink | Tone = "plain",
        end: bool = False,
        most: int = 40,
    ) -> Page:
        """The text in at most so many lines, from `y` on; the height counts from 0."""
        found = lines(harmless(text), width, lambda piece: self.width(piece, size, bold), most) if text else []
        step = height_of(size)
        marks = [Text(x, y + n * step, width, line, size, bold, ink, end) for n, line in enumerate(found)]
        return Page(y + step * len(found), list(marks))
