"""Documents as PDF: every language has its glyphs, lines break by its rules, and text of people is only text."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace

import pypdf
import pytest

from enterprise_app.core import pdf
from enterprise_app.core.pdf.reading_back import letters_first
from enterprise_app.core.pdf.setting import set_document
from enterprise_app.core.pdf.text import harmless, lines
from enterprise_app.core.pdf.typefaces import BOX, coverage, needed
from enterprise_app.core.texts import LOCALES, catalogue

AT = datetime(2026, 3, 1, tzinfo=UTC)


def document(*blocks: pdf.Block, locale: str = "en", title: str = "Title") -> pdf.Document:
    return pdf.Document(title, locale, "Below", "{{number}}/{{total}}", AT, list(blocks))


def read(data: bytes) -> str:
    """What another reader finds on all pages, without joiners."""
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    return text.replace("\u200d", "")


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_of_ours_lacks_a_glyph(locale: str):
    text = harmless("".join(form for forms in catalogue(locale).values() for form in forms.values()))
    known = frozenset().union(*(coverage(family) for family in needed(text, locale)))
    assert {character for character in text if ord(character) not in known} - {"\u200c", "\u200d"} <= _directions()


def _directions() -> set[str]:
    return {*"\u061c\u200e\u200f\u2066\u2067\u2068\u2069"}


def test_names_are_written_in_any_script_and_what_no_font_has_is_a_box():
    text = "Ünal Ωμέγα Шнур 实验 かな हरा \u0ca0 \U0001f600"
    found = read(set_document(document(pdf.Paragraph(text))))
    for word in ("Ünal", "Ωμέγα", "Шнур", "实验", "かな", "हरा"):
        assert word in found
    assert found.count(BOX) == 2


def test_markup_and_placeholders_in_names_are_only_text():
    text = "**b** <b>x</b> {nb} =HYPERLINK(1) (a\\) {{total}}"
    assert text in read(set_document(document(pdf.Heading(text, 1), title=text)))


def test_control_characters_vanish_and_a_name_turns_nothing_around_it():
    assert harmless("a\x00b\nc\u2028d\ufe0f") == "a b c d"
    assert pdf.isolated("a\u202eb\u2069") == "\u2068ab\u2069"


def test_arabic_reads_back_as_words_though_dots_are_drawn_apart():
    found = read(set_document(document(pdf.Paragraph("زر الدفع الأخضر"), locale="ar")))
    assert "زر الدفع الأخضر" in found


def test_dots_are_drawn_behind_their_letter_in_the_same_place():
    dot, letter = SimpleNamespace(cluster=2), SimpleNamespace(cluster=2)
    at = SimpleNamespace(x_advance=0, y_advance=0, x_offset=100, y_offset=5)
    infos, places = letters_first([dot, letter], [at, SimpleNamespace(x_advance=300, x_offset=0)])
    assert infos == [letter, dot]
    assert (places[1].x_offset, places[1].y_offset) == (-200, 5)


def test_lines_hold_words_and_no_line_begins_with_a_closing_sign():
    assert lines("one two three", 7, len, 9) == ["one two", "three"]
    assert lines("これは、文。です", 3, len, 9) == ["これ", "は、", "文。で", "す"]
    assert lines("abcdefgh ij", 4, len, 9) == ["abcd", "efgh", "ij"]


def test_what_does_not_fit_shows():
    assert lines("one two three four", 7, len, 2) == ["one two", "three…"]


def test_an_isolate_stays_closed_on_each_of_its_lines():
    broken = lines(pdf.isolated("one two"), 5, lambda text: len(text.strip("\u2068\u2069")), 9)
    assert broken == ["\u2068one\u2069", "\u2068two\u2069"]


def test_a_table_goes_on_with_its_head_and_every_page_has_its_number():
    columns = [pdf.Column("Head", 0.5), pdf.Column("Number", 0.5, end=True)]
    rows: list[pdf.Group | pdf.Row] = [pdf.Row([pdf.Cell(f"r{n}"), pdf.Cell(str(n))]) for n in range(60)]
    pages = pypdf.PdfReader(io.BytesIO(set_document(document(pdf.Table(columns, rows))))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) > 1
    assert all("Head" in text and f"{n}/{len(texts)}" in text for n, text in enumerate(texts, 1))


async def test_it_is_made_in_another_process():
    made = await pdf.make_pdf(document(pdf.Paragraph("Text")))
    assert made.startswith(b"%PDF-")
    with pytest.raises(pdf.PdfFailed, match="UnknownLocale"):
        await pdf.make_pdf(document(locale="qqq"))
