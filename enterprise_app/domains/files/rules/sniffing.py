"""What a file is, by its first bytes. The sender's word is not asked; the name only decides within one family.

Signatures: https://mimesniff.spec.whatwg.org/ (sections 6 and 7), ISO 32000 (PDF), APPNOTE (ZIP), ISO/IEC 14496-12.
"""

import codecs
import re
from collections.abc import Mapping

HEAD_BYTES = 8192
"""How much of a file is looked at."""
UNKNOWN = "application/octet-stream"
INLINE = frozenset({"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"})
"""Pictures of dots, which carry no script: the only ones a browser may show in place."""
_ACTIVE = frozenset({"application/javascript", "application/xml", "image/svg+xml", "text/html"})
"""What a browser could run: never sent under its own type."""

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (b"%!PS-", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"BZh", "application/x-bzip2"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x00\x01\x00\x00\x00", "font/ttf"),
    (b"OTTO", "font/otf"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"BM", "image/bmp"),
)
_CERTAIN = 5
"""Bytes of a signature that no text begins with."""
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"heix": "image/heic", b"mif1": "image/heif",
    b"qt  ": "video/quicktime", b"M4A ": "audio/mp4",
}  # fmt: skip
_OFFICE_XML = "application/vnd.openxmlformats-officedocument."
_OFFICE: Mapping[str, str] = {
    "docx": f"{_OFFICE_XML}wordprocessingml.document",
    "xlsx": f"{_OFFICE_XML}spreadsheetml.sheet",
    "pptx": f"{_OFFICE_XML}presentationml.presentation",
}
_OFFICE_FOLDERS = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"))
_OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE: Mapping[str, str] = {
    "doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
}  # fmt: skip
_TEXTS: Mapping[str, str] = {
    "css": "text/css", "csv": "text/csv", "ics": "text/calendar", "js": "application/javascript",
    "json": "application/json", "md": "text/markdown", "mjs": "application/javascript",
    "tsv": "text/tab-separated-values",
}  # fmt: skip
_ZIP_MIMETYPE = re.compile(rb"mimetype(application/[a-z0-9.+-]{3,80}?)(?:PK|[^a-z0-9.+-])")
_MARKUP: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<svg[\s>]", re.I), "image/svg+xml"),
    (re.compile(r"<(!doctype html|html|head|body|script|iframe)[\s>]", re.I), "text/html"),
    (re.compile(r"\s*<\?xml\s", re.I), "application/xml"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def sniff(head: bytes, name: str = "") -> str:
    """The type of a file with these first bytes."""
    suffix = name.rpartition(".")[2].lower()
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"PK\x03\x04"):
        return _zip(head, suffix)
    if head.startswith(_OLE_START):
        return _OLE.get(suffix, "application/x-ole-storage")
    start, kind = next(((start, kind) for start, kind in _STARTS if head.startswith(start)), (b"", UNKNOWN))
    # "BM" and "MZ" may also begin a text; longer signatures don't.
    text = _text(head) if len(start) < _CERTAIN else None
    return kind if text is None else _text_type(text, suffix)


def served_type(content_type: str) -> str:
    """The type under which it is sent: one that a browser could run becomes mere bytes."""
    return UNKNOWN if content_type in _ACTIVE else content_type


def _zip(head: bytes, suffix: str) -> str:
    if (found := _ZIP_MIMETYPE.match(head, 30)) is not None:  # OpenDocument and EPUB name themselves first
        return found[1].decode()
    if b"[Content_Types].xml" in head or b"_rels/" in head:
        inside = next((kind for folder, kind in _OFFICE_FOLDERS if folder in head), suffix)
        return _OFFICE.get(inside, "application/zip")
    return "application/zip"


def _text(head: bytes) -> str | None:
    """The beginning as text, None when it is none."""
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)  # a last character may be cut
    except UnicodeDecodeError:
        return None
    return None if not text or _CONTROL.search(text) else text


def _text_type(text: str, suffix: str) -> str:
    found = next((kind for pattern, kind in _MARKUP if pattern.search(text)), None)
    return found or _TEXTS.get(suffix, "text/plain")
