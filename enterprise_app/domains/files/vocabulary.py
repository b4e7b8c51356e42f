"""The bounds of files, and what kinds of them people tell apart."""

from enum import StrEnum

MAX_FILE_BYTES = 100_000_000
"""The most that one file may have."""


class FileKind(StrEnum):
    """What a file is to people; its content type says it exactly."""

    ARCHIVE = "archive"
    AUDIO = "audio"
    DOCUMENT = "document"
    IMAGE = "image"
    OTHER = "other"
    SHEET = "sheet"
    SLIDES = "slides"
    TEXT = "text"
    VIDEO = "video"


_BY_WORD = (
    ("sheet", FileKind.SHEET), ("excel", FileKind.SHEET), ("csv", FileKind.SHEET), ("tab-sep", FileKind.SHEET),
    ("presentation", FileKind.SLIDES), ("powerpoint", FileKind.SLIDES),
    ("word", FileKind.DOCUMENT), ("opendocument.text", FileKind.DOCUMENT), ("pdf", FileKind.DOCUMENT),
    ("rtf", FileKind.DOCUMENT), ("postscript", FileKind.DOCUMENT), ("epub", FileKind.DOCUMENT),
    ("zip", FileKind.ARCHIVE), ("7z", FileKind.ARCHIVE), ("rar", FileKind.ARCHIVE),
)  # fmt: skip


def kind_of(content_type: str) -> FileKind:
    """The kind of a content type."""
    family, _, exact = content_type.partition("/")
    if family in ("audio", "image", "video"):
        return FileKind(family)
    found = next((kind for word, kind in _BY_WORD if word in exact), None)
    return found or (FileKind.TEXT if family == "text" or exact in ("json", "xml", "javascript") else FileKind.OTHER)
