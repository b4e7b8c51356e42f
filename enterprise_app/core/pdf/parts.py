"""The look of each block: where its marks stand, from the top of the block."""

from .documents import Bar, Cell, Column, Fact, Group, Heading, Paragraph, Row
from .pages import HEIGHT, INNER, Box, Page, Text
from .pens import Pen

TOP, BOTTOM = 16.0, HEIGHT - 19.0
BODY, SMALL, TABLE = 9.5, 8.0, 8.5
_GAP = 2.5
"""Between columns."""


def heading(pen: Pen, block: Heading) -> Page:
    """Large, with room above it."""
    if block.level == 1:
        part = pen.write(block.text, INNER, 20, bold=True, most=3)
        return Page(part.height + 1.5, part.marks)
    part = pen.write(block.text, INNER, 12, y=5, bold=True, most=2)
    return Page(part.height + 1, part.marks)


def paragraph(pen: Pen, block: Paragraph) -> Page:
    """Running text; what is not plain or quiet stands out."""
    size = SMALL if block.small else BODY
    ink = block.tone
    if ink in ("plain", "quiet"):
        part = pen.write(block.text, INNER, size, ink=ink)
        return Page(part.height + 1, part.marks)
    part = pen.write(block.text, INNER - 8, size, x=4, y=1.2, ink=ink)
    height = part.height + 1.2
    return Page(height + 1.5, [Box(0, 0, INNER, height, "wash"), Box(0, 0, 0.9, height, ink), *part.marks])


def bullets(pen: Pen, item: str) -> Page:
    """One sentence with its dot."""
    part = pen.write(item, INNER - 4.5, BODY, x=4.5)
    return Page(part.height + 0.8, [Box(0.8, 2.1, 1.0, 1.0, "axis"), *part.marks])


def facts(pen: Pen, items: list[Fact]) -> Page:
    """Up to four side by side."""
    whole, width = Page(), INNER / 4
    for place, fact in enumerate(items):
        label = pen.write(fact.label, width - _GAP, 7.5, x=place * width, y=2, ink="quiet", most=2)
        told = pen.write(
            fact.value, width - _GAP, BODY, x=place * width, y=label.height, bold=True, ink=fact.tone, most=3
        )
        whole.marks += [*label.marks, *told.marks]
        whole.height = max(whole.height, told.height)
    whole.height += 1
    return whole


def head(pen: Pen, columns: list[Column]) -> Page:
    """The names of the columns, and the ends of the axis where bars are drawn."""
    whole = Page()
    for column, (x, width) in zip(columns, _places(columns), strict=True):
        part = pen.write(column.title, width, 7.5, x=x, y=1.5, bold=True, ink="quiet", end=column.end, most=3)
        whole.marks += part.marks
        whole.height = max(whole.height, part.height)
        if column.ticks:
            whole.marks += _ticks(pen, column.ticks, x, width, part.height)
            whole.height = max(whole.height, part.height + 4)
    whole.height += 1
    whole.marks.append(Box(0, whole.height, INNER, 0.3, "axis"))
    whole.height += 0.3
    return whole


def group(pen: Pen, line: Group, first: bool) -> Page:
    """A line over the whole width."""
    title = pen.write(line.text, INNER, 9.5, y=1.6 if first else 2.6, bold=True, most=2)
    note = pen.write(line.note, INNER, 7.5, y=title.height, ink="quiet", most=2)
    return Page(max(title.height, note.height) + 0.8, [*title.marks, *note.marks])


def row(pen: Pen, columns: list[Column], line: Row) -> Page:
    """The cells of one line, as high as its highest."""
    whole = Page()
    for column, cell, (x, width) in zip(columns, line.cells, _places(columns), strict=True):
        part = _cell(pen, column, cell, x, width)
        whole.marks += part.marks
        whole.height = max(whole.height, part.height)
    whole.height += 1.2
    for cell, (x, width) in zip(line.cells, _places(columns), strict=True):
        if cell.bar is not None:
            whole.marks += _bar(cell.bar, x, width)
    whole.marks.append(Box(0, whole.height, INNER, 0.15, "rule"))
    whole.height += 0.15
    return whole


def _places(columns: list[Column]) -> list[tuple[float, float]]:
    found, x = [], 0.0
    for column in columns:
        width = column.share * INNER
        found.append((x, width - _GAP))
        x += width
    return found


def _cell(pen: Pen, column: Column, cell: Cell, x: float, width: float) -> Page:
    strong = cell.tone in ("good", "bad")
    text = pen.write(cell.text, width, TABLE, x=x, y=1.2, bold=strong, ink=cell.tone, end=column.end, most=3)
    note = pen.write(cell.note, width, 7, x=x, y=text.height, ink="quiet", end=column.end, most=3)
    return Page(max(text.height, note.height), [*text.marks, *note.marks])


def _ticks(pen: Pen, ticks: tuple[str, str, str], x: float, width: float, y: float) -> list[Text]:
    """The ends of the axis and its middle, in words."""
    low, zero, high = ticks
    half = pen.width(zero, 7) / 2
    return [
        Text(x, y, width / 2, low, 7, ink="quiet", within=(x, width)),
        Text(x + width / 2 - half, y, 2 * half, zero, 7, ink="quiet", within=(x, width)),
        Text(x + width / 2, y, width / 2, high, 7, ink="quiet", end=True, within=(x, width)),
    ]  # fmt: skip


def _bar(bar: Bar, x: float, width: float) -> list[Box]:
    """The axis with its zero, the interval on it, and the point."""

    def place(value: float) -> float:
        return x + width * (1 + max(-1.0, min(1.0, value))) / 2

    within, middle = (x, width), 3.8
    low, high, ink = place(bar.low), place(bar.high), ("axis" if bar.tone in ("plain", "quiet") else bar.tone)
    return [
        Box(x, middle - 0.1, width, 0.2, "rule", within),
        Box(low, middle - 0.9, max(high - low, 0.4), 1.8, ink, within),
        Box(place(0) - 0.15, middle - 2.2, 0.3, 4.4, "quiet", within),
        Box(place(bar.point) - 0.35, middle - 1.5, 0.7, 3.0, "plain", within),
    ]  # fmt: skip
