"""What a document holds, in reading order. Texts are plain text: nothing in them is markup."""

from datetime import datetime
from typing import Literal

import msgspec

Tone = Literal["plain", "quiet", "good", "bad", "warning"]


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """The title of the document (level 1) or of a part (2)."""

    text: str
    level: int = 2


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """Running text."""

    text: str
    tone: Tone = "plain"
    small: bool = False


class Bullets(msgspec.Struct, frozen=True, tag="bullets"):
    """Sentences that stand each for itself."""

    items: list[str]


class Fact(msgspec.Struct, frozen=True):
    """A figure with its name."""

    label: str
    value: str
    tone: Tone = "plain"


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Figures side by side, four in a line."""

    items: list[Fact]


class Bar(msgspec.Struct, frozen=True):
    """An interval with its point on the axis from −1 to 1; what lies beyond is cut."""

    low: float
    point: float
    high: float
    tone: Tone = "plain"


class Cell(msgspec.Struct, frozen=True):
    """One place in a table: text, less important text below it, or a bar."""

    text: str = ""
    note: str = ""
    tone: Tone = "plain"
    bar: Bar | None = None


class Column(msgspec.Struct, frozen=True):
    """`share` of the width; numbers stand at the end. `ticks` of a column of bars: −1, 0 and 1 in words."""

    title: str
    share: float
    end: bool = False
    ticks: tuple[str, str, str] | None = None


class Group(msgspec.Struct, frozen=True, tag="group"):
    """What the rows below it belong to."""

    text: str
    note: str = ""


class Row(msgspec.Struct, frozen=True, tag="row"):
    """A cell for each column."""

    cells: list[Cell]


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Its head stands again on every page."""

    columns: list[Column]
    rows: list[Group | Row]


Block = Heading | Paragraph | Bullets | Facts | Table


class Document(msgspec.Struct, frozen=True):
    """`footer` and `page` stand below every page; in `page`, `{{number}}` and `{{total}}` are put in."""

    title: str
    locale: str
    footer: str
    page: str
    made_at: datetime
    blocks: list[Block]
