"""Names of tenants: any script, any emoji, but nothing that hides or turns around the text beside it."""

import unicodedata

from enterprise_app.core.errors import FieldProblem

MAX_LENGTH = 120
_JOINERS = "\u200c\u200d"  # Persian spelling and emoji families need them
_MARKS = "\u200e\u200f\u061c"  # direction marks: harmless, and needed in mixed names


def normal_name(raw: str) -> str:
    """NFC, runs of blanks as one, outer blanks off."""
    return " ".join(unicodedata.normalize("NFC", raw).split())


def name_problem(name: str, field: str = "name") -> FieldProblem | None:
    """What is wrong with a normal name, or None."""
    if not any(not c.isspace() and unicodedata.category(c) not in ("Cf", "Mn", "Cc") for c in name):
        return FieldProblem(field, "name_empty", {})
    if len(name) > MAX_LENGTH:
        return FieldProblem(field, "name_long", {"max": MAX_LENGTH, "length": len(name)})
    hidden = next((c for c in name if _hides(c)), None)
    if hidden is not None:
        return FieldProblem(field, "name_hidden", {"character": f"U+{ord(hidden):04X}"})
    return None


def _hides(character: str) -> bool:
    """Control characters, lone surrogates, and the overrides and isolates that turn the text after them."""
    if character in _JOINERS or character in _MARKS or 0xE0020 <= ord(character) <= 0xE007F:  # flags of regions
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co")
