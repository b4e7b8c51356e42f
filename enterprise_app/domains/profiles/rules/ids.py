"""Ids that clients send when they mean nobody: taken for people they would make one person of all of them."""

_NOBODY = frozenset(
    {
        "", "-1", "0", "[]", "[object object]", "{}", "anonymous", "distinct_id", "distinctid", "email", "false",
        "guest", "id", "n/a", "nan", "nil", "none", "not_authenticated", "null", "true", "undefined", "unknown",
        "user_id", "userid", "00000000-0000-0000-0000-000000000000",
    }
)  # fmt: skip


def real(value: str | None) -> str | None:
    """The id, or None when it means nobody."""
    cleaned = (value or "").strip()
    return None if cleaned.strip("'\"").lower() in _NOBODY else cleaned
