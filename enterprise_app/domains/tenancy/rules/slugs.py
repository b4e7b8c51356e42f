"""Which slugs a tenant may have: one DNS label that nobody mistakes for another or for ours."""

import re

from enterprise_app.core.errors import FieldProblem

from .confusables import disguises, latin

MIN_LENGTH, MAX_LENGTH = 3, 40
_ALLOWED = re.compile(r"[a-z0-9-]")
RESERVED = frozenset(
    """
    about abuse account accounts admin administrator api app apps assets atrium auth autoconfig autodiscover billing
    blog cdn checkout cloud config console contact dashboard demo dev developer docs download email embed events
    example ftp git graphql health help home host hostmaster imap info internal invite invoice legal live localhost
    login logout mail mailbox marketing media members metrics mx news noc null oauth ofrep operator owner partner
    partners password pay payment payments platform pop portal postmaster preview privacy prod production proxy
    public register root sales sandbox security server setup shop signin signout signup sitemap smtp ssh ssl sso
    staff stage staging static stats status store stripe support system team tenant tenants terms test undefined
    update upload user users webhook webhooks webmail webmaster wiki world wpad www
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
DEMO_SLUG = "demo"
"""Reserved, and what it is reserved for."""
_RESERVED_LOOKS = {look: word for word in RESERVED for look in disguises(word)}


def normal_slug(raw: str) -> str:
    """What was meant: outer blanks off, capital ASCII letters small. Nothing else is forgiven."""
    text = raw.strip()
    return text.lower() if text.isascii() else text


def slug_problem(slug: str, field: str = "slug") -> FieldProblem | None:
    """What is wrong with a normal slug, or None. Whether it is taken only the database knows."""
    code, params = _problem(slug)
    return FieldProblem(field, code, params) if code else None


def _problem(slug: str) -> tuple[str, dict[str, object]]:
    if not MIN_LENGTH <= len(slug) <= MAX_LENGTH:
        return ("slug_short" if len(slug) < MIN_LENGTH else "slug_long"), {"min": MIN_LENGTH, "max": MAX_LENGTH}
    bad = next((c for c in slug if not _ALLOWED.match(c)), None)
    if bad is not None:
        looks = latin(slug)
        if not bad.isascii() and looks.isascii() and looks:
            return "slug_lookalike", {"character": _shown(bad), "looks": looks}
        return "slug_characters", {"character": _shown(bad)}
    if slug.startswith("xn--"):
        return "slug_punycode", {}
    if slug[0] == "-" or slug[-1] == "-" or "--" in slug:
        return "slug_hyphens", {}
    if slug.isdigit():
        return "slug_digits", {}
    for look in disguises(slug):
        if look in _RESERVED_LOOKS:
            return "slug_reserved", {"slug": _RESERVED_LOOKS[look]}
    return "", {}


def _shown(character: str) -> str:
    """The character and its code point: the reader may not see the difference otherwise."""
    printable = character if character.isprintable() else ""
    return f"{printable} (U+{ord(character):04X})".strip()
