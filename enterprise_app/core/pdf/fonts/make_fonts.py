"""Makes the font files beside it out of the Noto fonts (see README.md): only the characters that documents need.

Its one argument is the folder that holds the unpacked npm packages.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from enterprise_app.core.texts import LOCALES, catalogue

HERE = Path(__file__).resolve().parent
WHOLE = ("NotoSans_400Regular", "NotoSans_700Bold", "NotoSansArabic_400Regular", "NotoSansArabic_700Bold",
         "NotoSansDevanagari_400Regular", "NotoSansDevanagari_700Bold")  # fmt: skip
"""Small enough to keep every character."""
PARTS = {"NotoSansJP_400Regular": "shift_jis", "NotoSansSC_400Regular": "gb2312"}
"""JIS X 0208 (levels 1 and 2), GB 2312; and what our own texts use."""
FEATURES: tuple[str, ...] = ("ccmp", "kern", "locl", "mark", "mkmk")


def main(folder: Path) -> None:
    """Write all files. Raises StopIteration when a font is missing."""
    for name in WHOLE:
        _write(_find(folder, name), name, None)
    for name, encoding in PARTS.items():
        _write(_find(folder, name), name, _encodable(encoding) | _own())


def _find(folder: Path, name: str) -> Path:
    return next(folder.rglob(f"{name}.ttf"))


def _write(source: Path, name: str, characters: set[int] | None) -> None:
    font = TTFont(source)
    options = Options()
    options.hinting = False
    options.layout_features = ["*"] if characters is None else [*FEATURES]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]  # copyright and licence stay inside
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters or set(font.getBestCmap() or ()))
    subsetter.subset(font)
    font.save(HERE / f"{name}.ttf")


def _encodable(encoding: str) -> set[int]:
    return {point for point in range(0x20, 0x10000) if _encodes(chr(point), encoding)}


def _encodes(character: str, encoding: str) -> bool:
    try:
        return bool(character.encode(encoding))
    except UnicodeEncodeError:
        return False


def _own() -> set[int]:
    texts = (text for locale in LOCALES for forms in catalogue(locale).values() for text in forms.values())
    return {ord(character) for text in texts for character in text}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
