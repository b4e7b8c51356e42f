"""Names in the order people expect: the one key by which every list of named things is sorted."""

import unicodedata

SORT_KEY_MAX = 200


def sort_key(name: str) -> str:
    """Ä beside A, case apart from nothing. Stored, so that an index can sort; at most SORT_KEY_MAX characters."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))[:SORT_KEY_MAX]
