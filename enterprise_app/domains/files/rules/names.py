"""What a file may be called: any language, but nothing that leads elsewhere or shows itself as something else."""

import re
import unicodedata

MAX_CHARACTERS = 200
MAX_BYTES = 240
"""A name must fit a file system's 255 bytes, with room for a browser's " (1)"."""
_MAX_SUFFIX = 20
_KEPT_FORMATS = frozenset("\u200c\u200d")
"""Joiners: Persian, Indic scripts and emoji are spelled with them. Other invisible characters can turn or hide text."""
_UNSAFE = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.I)


def clean_name(given: str) -> str:
    """The last part of the path, without what deceives or breaks; "file" when nothing is left."""
    last = re.split(r"[/\\]", given)[-1]
    text = "".join(map(_plain, unicodedata.normalize("NFC", last)))
    text = _UNSAFE.sub("_", " ".join(text.split())).lstrip(". ").rstrip(". ")
    if _DEVICE.match(text):
        text = f"_{text}"
    return _shortened(text) or "file"


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\n\r":
        return " "
    if category in ("Cc", "Cs", "Co", "Cn") or (category == "Cf" and character not in _KEPT_FORMATS):
        return ""
    return character


def _shortened(text: str) -> str:
    """Cut before the suffix, which says what it is, and between whole characters."""
    stem, dot, suffix = text.rpartition(".")
    if not dot or len(suffix) > _MAX_SUFFIX:
        stem, dot, suffix = text, "", ""
    while stem and (len(stem + dot + suffix) > MAX_CHARACTERS or len((stem + dot + suffix).encode()) > MAX_BYTES):
        stem = stem[:-1]
    return stem.rstrip(". ") + dot + suffix
