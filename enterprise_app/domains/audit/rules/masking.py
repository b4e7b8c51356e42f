"""What enters `before` and `after`: plain JSON values, with secrets masked by the name of their field."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "•••"
_SECRET = re.compile(r"(password|passwd|secret|token|cookie|authorization|private|credential|recovery|otp|totp)", re.I)
_SECRET_NAMES = {"api_key", "access_key", "write_key", "key", "key_hash", "hash", "code", "pin", "signature"}
MAX_TEXT = 2_000


def masked(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A JSON-safe copy; a field whose name says secret keeps only the fact that it was there."""
    return None if values is None else {str(name): _value(str(name), value) for name, value in values.items()}


def _value(name: str, value: Any) -> Any:
    if (_SECRET.search(name) or name.lower() in _SECRET_NAMES) and not isinstance(value, bool):
        return None if value is None else MASK
    return _json(value)


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _value(str(name), inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = sorted(value, key=str) if isinstance(value, (set, frozenset)) else value
        return [_json(item) for item in items]
    if value is None or isinstance(value, (bool, int)):
        return value
    return clean(value.isoformat() if hasattr(value, "isoformat") else str(value))


def clean(text: str, longest: int = MAX_TEXT) -> str:
    """Text that PostgreSQL stores: no NUL, no lone surrogates, cut to `longest` characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]
