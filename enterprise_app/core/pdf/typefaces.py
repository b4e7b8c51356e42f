"""Which font writes which character: the language's own first, then whichever has it; one that none has is a box."""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.line_break import Fragment

from .reading_back import make_readable
from .text import DIRECTION, JOINERS

FOLDER = Path(__file__).with_name("fonts")
_REGULAR, _BOLD = "400Regular", "700Bold"
FILES = {
    "latin": ("NotoSans", _BOLD),
    "arabic": ("NotoSansArabic", _BOLD),
    "devanagari": ("NotoSansDevanagari", _BOLD),
    "japanese": ("NotoSansJP", _REGULAR),
    "chinese": ("NotoSansSC", _REGULAR),
}
"""Family → name and weight of its bold face: Japanese and Chinese have none, they are drawn with an edge."""
OWN = {"ar": "arabic", "hi": "devanagari", "ja": "japanese", "zh": "chinese"}
"""Language → family; latin for all others."""
EDGED = ("japanese", "chinese")
BOX = "\u25a1"
"""Stands for what no font has, in the Chinese and the Japanese font."""


def own_family(locale: str) -> str:
    """The family that a language is written in."""
    return OWN.get(locale, "latin")


@cache
def coverage(family: str) -> frozenset[int]:
    """The code points that a family has."""
    with TTFont(_file(family, _REGULAR), lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def needed(text: str, locale: str) -> list[str]:
    """The families that a text needs, the language's own first."""
    missing = {ord(character) for character in text if not DIRECTION.match(character)}
    families = [own_family(locale)]
    missing -= coverage(families[0])
    for family in _others(families[0], missing):
        if missing and missing & coverage(family):
            families.append(family)
            missing -= coverage(family)
    if missing and not set(EDGED) & set(families):
        families.append("chinese")
    return families


def _others(own: str, missing: Iterable[int]) -> list[str]:
    """Han characters by the Chinese font unless there are kana too."""
    kana = any(0x3040 <= point <= 0x30FF for point in missing)
    order = [*FILES][:3] + (["japanese", "chinese"] if kana else ["chinese", "japanese"])
    return [family for family in order if family != own]


class Sheet(FPDF):
    """An FPDF that knows our fonts. Characters of direction do their work and are not drawn."""

    def __init__(self, families: Sequence[str], rtl: bool) -> None:
        super().__init__(format="A4")
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0
        self.str_alias_nb_pages = ""  # text of people must not be taken for a number of pages
        for family in families:
            self.add_font(family, "", _file(family, _REGULAR))
            self.add_font(family, "B", _file(family, FILES[family][1]))
        for font in self.fonts.values():
            make_readable(font)
        self.own = families[0]
        self._known = frozenset().union(*(coverage(family) for family in families))
        self.set_fallback_fonts(list(families[1:]), exact_match=False)
        self.set_font(self.own, "", 10)
        self.set_text_shaping(True, direction="rtl" if rtl else "ltr")

    def _preload_font_styles(self, text: str | None, *args: object, **kwargs: object) -> Sequence[Fragment]:
        """After the order of characters is known, before their glyphs are chosen."""
        seen = DIRECTION.sub("", text or "")
        shown = "".join(c if ord(c) in self._known or c in JOINERS else BOX for c in seen)
        return super()._preload_font_styles(shown, *args, **kwargs)  # pyright: ignore


def _file(family: str, weight: str) -> Path:
    return FOLDER / f"{FILES[family][0]}_{weight}.ttf"
