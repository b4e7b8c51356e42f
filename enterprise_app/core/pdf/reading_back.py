"""Lets shaped text be read back: copied, searched and spoken from the glyphs of a page.

Shaping draws a letter and its dots as glyphs of their own, in Arabic the dots first. The letter must carry the text.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from fpdf.fonts import TTFFont

_NOTHING = (0x200D,)
"""The text of dots and marks: a joiner, which is not seen. A reader that gets none makes one up."""
_PLACE = ("x_advance", "y_advance", "x_offset", "y_offset")
Glyphs = tuple[Sequence[Any], Sequence[Any]]


class ReadableFont(TTFFont):
    """A font whose letters carry the text. It holds nothing more, so that a TTFFont can become one."""

    __slots__ = ()

    def perform_harfbuzz_shaping(self, *args: Any, **kwargs: Any) -> Any:
        """As ever, but for the order."""
        return letters_first(*super().perform_harfbuzz_shaping(*args, **kwargs))


def make_readable(font: Any) -> None:
    """From now on a TTFFont of fpdf maps its glyphs to text so."""
    get_glyph = font.subset.get_glyph

    def named(glyph: int | None = None, unicode: Any = None, **more: Any) -> Any:
        return get_glyph(glyph=glyph, unicode=_NOTHING if unicode == () else unicode, **more)

    named.cache_clear = get_glyph.cache_clear  # pyright: ignore[reportFunctionMemberAccess]
    font.subset.get_glyph = named
    font.__class__ = ReadableFont


def letters_first(infos: Sequence[Any], places: Sequence[Any]) -> Glyphs:
    """The same picture with what is widest of each cluster drawn first."""
    found: list[tuple[Any, Any]] = []
    for _, run in groupby(zip(infos, places, strict=True), key=lambda both: both[0].cluster):
        glyphs = list(run)
        found += _turned(glyphs) if len(glyphs) > 1 and glyphs[0][1].x_advance == 0 else glyphs
    return [info for info, _ in found], [place for _, place in found]


def _turned(glyphs: list[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Marks without a width move behind the letter that they stood before, and stay in their place."""
    count = next((n for n, (_, place) in enumerate(glyphs) if place.x_advance), 0)
    marks, letter, rest = glyphs[:count], glyphs[count : count + 1], glyphs[count + 1 :]
    yield from letter
    width = letter[0][1].x_advance if letter else 0
    for info, place in marks:
        moved = {name: getattr(place, name) for name in _PLACE}
        yield info, SimpleNamespace(**moved | {"x_offset": moved["x_offset"] - width})
    yield from rest
