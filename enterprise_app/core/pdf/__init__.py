"""Documents to be kept as PDF: what stands in them is data (`documents`), set in another process (`making`).

Text is right in all our languages: shaped, from right to left where the language is, and whatever a name holds.
"""

from .documents import Bar, Block, Bullets, Cell, Column, Document, Fact, Facts, Group, Heading, Paragraph, Row, Table
from .making import PdfFailed, make_pdf
from .text import isolated

__all__ = [
    "Bar",
    "Block",
    "Bullets",
    "Cell",
    "Column",
    "Document",
    "Fact",
    "Facts",
    "Group",
    "Heading",
    "Paragraph",
    "PdfFailed",
    "Row",
    "Table",
    "isolated",
    "make_pdf",
]
