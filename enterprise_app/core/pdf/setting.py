"""Sets a document: lays its blocks out on pages of A4, then draws them, mirrored in languages from right to left."""

from collections.abc import Iterator

from babel import Locale

from .documents import Block, Bullets, Document, Facts, Group, Heading, Paragraph, Row, Table
from .pages import Page, draw
from .parts import BOTTOM, TOP, bullets, facts, group, head, heading, paragraph, row
from .pens import Pen
from .text import DIRECTION, harmless
from .typefaces import Sheet, needed

PAGES_MAX = 30
"""More is cut: a document is to be read."""


def set_document(document: Document) -> bytes:
    """The document as PDF. Pure but for the fonts it reads."""
    rtl = Locale.parse(document.locale).text_direction == "rtl"
    sheet = Sheet(needed(harmless("".join(_texts(document))), document.locale), rtl)
    sheet.set_lang(document.locale)
    sheet.set_title(DIRECTION.sub("", harmless(document.title)))
    sheet.set_creator("Atrium")
    sheet.set_creation_date(document.made_at)
    pages = _Layout(Pen(sheet)).pages(document.blocks)
    for number, page in enumerate(pages, 1):
        told = document.page.replace("{{number}}", str(number)).replace("{{total}}", str(len(pages)))
        draw(sheet, page, document.footer, told, rtl)
    return bytes(sheet.output())


def _texts(document: Document) -> Iterator[str]:
    """Everything that will be written."""
    yield f"{document.footer}{document.page}0123456789•…"
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case Bullets():
                yield from block.items
            case Facts():
                yield from (fact.label + fact.value for fact in block.items)
            case Table():
                yield from _of_table(block)


def _of_table(table: Table) -> Iterator[str]:
    for column in table.columns:
        yield column.title + "".join(column.ticks or ())
    for line in table.rows:
        if isinstance(line, Group):
            yield line.text + line.note
        else:
            yield from (cell.text + cell.note for cell in line.cells)


class _Layout:
    """Fills pages from the top; what doesn't fit goes to the next one whole."""

    def __init__(self, pen: Pen) -> None:
        self._pen, self._pages, self._y = pen, [Page()], TOP

    def pages(self, blocks: list[Block]) -> list[Page]:
        """All pages, at most so many."""
        for block in blocks:
            if isinstance(block, Table):
                self._table(block)
            else:
                self._block(block)
        return self._pages[:PAGES_MAX]

    def _block(self, block: Block) -> None:
        match block:
            case Heading():
                self._put(heading(self._pen, block), keep=22 if block.level > 1 else 0)
            case Paragraph():
                self._put(paragraph(self._pen, block))
            case Bullets():
                for item in block.items:
                    self._put(bullets(self._pen, item))
            case Facts():
                for start in range(0, len(block.items), 4):
                    self._put(facts(self._pen, block.items[start : start + 4]))

    def _table(self, table: Table) -> None:
        self._put(head(self._pen, table.columns), keep=20)
        for number, line in enumerate(table.rows):
            if isinstance(line, Row):
                part = row(self._pen, table.columns, line)
            else:
                part = group(self._pen, line, first=number == 0)
            if self._y + part.height + (0 if isinstance(line, Row) else 10) > BOTTOM:
                self._turn()
                self._put(head(self._pen, table.columns))
            self._put(part)

    def _put(self, part: Page, keep: float = 0) -> None:
        """`keep`: room for the beginning of what follows."""
        if self._y + part.height + keep > BOTTOM and self._y > TOP:
            self._turn()
        self._pages[-1].take(part, self._y)
        self._y += part.height

    def _turn(self) -> None:
        self._pages.append(Page())
        self._y = TOP
