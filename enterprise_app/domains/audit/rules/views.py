"""What a saved view may be called, and which filters of the page it may hold."""

import unicodedata
from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qsl, urlencode

from enterprise_app.core.errors import Invalid
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb

from ..vocabulary import Outcome

FILTERS = ("actor", "verb", "outcome", "start", "end")
"""The words of the page's URL that are a view; where in the list one is (`cursor`) is not."""
MAX_NAME = 100
MAX_QUERY = 2000
MAX_ACTOR = 100
_HIDDEN = ("Cc", "Cs", "Zl", "Zp")
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def clean_name(value: str) -> str:
    """NFC with single spaces, nothing invisible. Raises Invalid at `name`."""
    text = " ".join(_visible(unicodedata.normalize("NFC", value).strip(), "name").split())
    if not text:
        raise Invalid.of("name", "required")
    if len(text) > MAX_NAME:
        raise Invalid.of("name", "too_long", max=MAX_NAME, length=len(text))
    return text


def read_query(query: str) -> dict[str, str]:
    """The filters of a page's query, empty ones left out. Raises Invalid at `query`: too long, unknown, malformed."""
    if len(query) > MAX_QUERY:
        raise Invalid.of("query", "too_long", max=MAX_QUERY, length=len(query))
    try:
        text = query.removeprefix("?")
        given = dict(parse_qsl(text, strict_parsing=True, max_num_fields=50)) if text else {}
    except ValueError:
        raise Invalid.of("query", "view_query_malformed", names=", ".join(FILTERS)) from None
    if given.keys() - set(FILTERS):
        raise Invalid.of("query", "view_query_malformed", names=", ".join(FILTERS))
    found = {name: _checked(name, given[name]) for name in FILTERS if given.get(name)}
    if not found:
        raise Invalid.of("query", "required")
    return found


def write_query(filters: Mapping[str, str]) -> str:
    """The filters as the page's URL has them; their order is always the same."""
    return urlencode([(name, filters[name]) for name in FILTERS if name in filters])


def _checked(name: str, value: str) -> str:
    if name == "actor":
        if len(value) > MAX_ACTOR:
            raise Invalid.of("query", "too_long", max=MAX_ACTOR, length=len(value))
        return _visible(value, "query")
    try:
        if name == "verb":
            return AuditVerb(value).value
        return Outcome(value).value if name == "outcome" else date.fromisoformat(value).isoformat()
    except ValueError:
        raise Invalid.of("query", "view_query_malformed", names=", ".join(FILTERS)) from None


def _visible(text: str, field: str) -> str:
    if any(c in _BIDI_CONTROLS or unicodedata.category(c) in _HIDDEN for c in text):
        raise Invalid.of(field, "control_characters")
    return text
