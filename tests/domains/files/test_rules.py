"""What files may be called, and what they are."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.domains.files.rules.names import MAX_BYTES, MAX_CHARACTERS, clean_name
from enterprise_app.domains.files.rules.sniffing import UNKNOWN, served_type, sniff

NAMES = {
    "../../etc/passwd": "passwd",
    "..\\..\\boot.ini": "boot.ini",
    "/": "file",
    "": "file",
    "...": "file",
    ".env": "env",
    "Briefing  Frühjahr.pdf": "Briefing Frühjahr.pdf",
    "Fru\u0308hjahr.pdf": "Frühjahr.pdf",
    "الموجز النهائي.pdf": "الموجز النهائي.pdf",
    "概要.docx": "概要.docx",
    "می\u200cخواهم.txt": "می\u200cخواهم.txt",
    "invoice\u202egpj.exe": "invoicegpj.exe",
    "a\u2066b\u2069c\ufeff.txt": "abc.txt",
    "two\r\nSet-Cookie: x": "two Set-Cookie_ x",
    'say "hi"?.txt': "say _hi__.txt",
    "nul\x00byte.txt": "nulbyte.txt",
    "con.txt": "_con.txt",
    "LPT1": "_LPT1",
    "console.txt": "console.txt",
    "half\ud800.txt": "half.txt",
    "trailing. . ": "trailing",
    "🎉 launch 👩\u200d🎨.png": "🎉 launch 👩\u200d🎨.png",
}


@pytest.mark.parametrize("given_name", NAMES)
def test_names_are_cleaned(given_name: str) -> None:
    assert clean_name(given_name) == NAMES[given_name]


@pytest.mark.parametrize("letter", ["a", "ج", "🎉"])
def test_long_names_keep_what_they_are(letter: str) -> None:
    name = clean_name(letter * 300 + ".pdf")
    assert name.endswith(".pdf")
    assert len(name) <= MAX_CHARACTERS
    assert len(name.encode()) <= MAX_BYTES
    assert len(clean_name("a." + "b" * 300)) <= MAX_CHARACTERS


@given(st.text())
def test_a_clean_name_is_clean(text: str) -> None:
    name = clean_name(text)
    assert name == clean_name(name)
    assert 0 < len(name.encode()) <= MAX_BYTES
    assert not set(name) & set('/\\<>:"|?*\x00\n\r\u202e')
    assert name.strip(". ") == name


def _zip(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "x")
    return made.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = [
    (b"%PDF-1.7\n1 0 obj", "brief.exe", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "a.txt", "image/png"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a", "image/jpeg"),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "a", "image/webp"),
    (b"\x00\x00\x00\x20ftypavif\x00", "a", "image/avif"),
    (b"\x00\x00\x00\x20ftypisom\x00", "a", "video/mp4"),
    (_zip("a.txt"), "a.docx", "application/zip"),
    (_zip("[Content_Types].xml", "word/document.xml"), "a.zip", f"{OFFICE}.wordprocessingml.document"),
    (_zip("[Content_Types].xml", "xl/workbook.xml"), "a", f"{OFFICE}.spreadsheetml.sheet"),
    (_zip("mimetype", "content.xml"), "a", "application/vnd.oasis.opendocument.text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "a.xls", "application/vnd.ms-excel"),
    (gzip.compress(b"x", mtime=0), "a.csv", "application/gzip"),
    (b"name;value\nx;1\n", "a.csv", "text/csv"),
    (b"name;value\n", "a.png", "text/plain"),
    ("Grüße".encode(), "a.md", "text/markdown"),
    ("Gr\u00fc".encode()[:-1], "a.txt", "text/plain"),  # a character cut at the end of the head
    ("نص".encode("utf-16"), "a.txt", "text/plain"),
    (b"\xfe\xfd\xfc\x00\x01", "a.txt", UNKNOWN),
    (b"BMW and MZ", "a.txt", "text/plain"),
    (b"<!DOCTYPE html><script>alert(1)</script>", "a.png", "text/html"),
    (b'<?xml version="1.0"?><svg onload="x">', "a.png", "image/svg+xml"),
    (b"GIF89a<script>", "a.html", "image/gif"),
    (b"MZ\x90\x00\x03", "a.pdf", "application/vnd.microsoft.portable-executable"),
]


@pytest.mark.parametrize(("head", "name", "kind"), KINDS)
def test_the_bytes_say_what_it_is(head: bytes, name: str, kind: str) -> None:
    assert sniff(head, name) == kind


def test_what_a_browser_could_run_is_sent_as_bytes() -> None:
    for kind in ("text/html", "image/svg+xml", "application/xml", "application/javascript"):
        assert served_type(kind) == UNKNOWN
    assert served_type("application/pdf") == "application/pdf"


@given(st.binary(max_size=64), st.text(max_size=20))
def test_anything_is_something(head: bytes, name: str) -> None:
    assert "/" in sniff(head, name)
