"""Names of people and of things: any script, any emoji, but no invisible orders to mail programs and screens."""

import unicodedata

from enterprise_app.core.errors import Invalid

MAX_LENGTH = 200
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def clean_name(value: str, field: str = "name", *, maximum: int = MAX_LENGTH) -> str:
    """NFC with single spaces. Raises Invalid: `required`, `too_long` (max), `control_characters`.

    Line breaks would become headers in a mail, bidi overrides would turn the text around it.
    """
    text = unicodedata.normalize("NFC", value).strip()
    if any(c in _BIDI_CONTROLS or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        raise Invalid.of(field, "control_characters")
    text = " ".join(text.split())
    if not text:
        raise Invalid.of(field, "required")
    if len(text) > maximum:
        raise Invalid.of(field, "too_long", max=maximum, length=len(text))
    return text
