"""JSON as strangers send it: no NaN, no bottomless nesting, no characters that PostgreSQL can't hold."""

import json
from math import isfinite
from typing import Any

import orjson

from enterprise_app.domains.analytics.rules.record import Rejected

MAX_DEPTH = 32


def read_json(data: bytes | str) -> Any:
    """Parse; raises Rejected with the position for what is no JSON.

    Numbers as JSON readers agree on them (RFC 8259, section 6): integers of more than 64 bits lose their last digits.
    NaN and infinities, which JSON lacks and Python's clients send, come as such: only their own event is refused.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _read_slowly(data)


def stored_json(value: Any, field: str, max_bytes: int) -> str | None:
    """The text for a jsonb column; None for an empty object. NUL and lone surrogates become U+FFFD."""
    if not value:
        return None
    try:
        text = orjson.dumps(value)
    except TypeError:
        return _store_slowly(value, field, max_bytes)
    # Deep nesting takes many brackets, and most values have few: counting them is the cheap way to know.
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH or b"\\u0000" in text:
        return _store_slowly(value, field, max_bytes)
    if len(text) > max_bytes:
        raise Rejected("event_too_large", field, bytes=len(text), limit=max_bytes)
    if b"null" in text and _has_no_number(value):  # as which NaN is written
        raise Rejected("event_number_invalid", field)
    return text.decode()


def _read_slowly(data: bytes | str) -> Any:
    """What the fast reader refuses: lone surrogates and byte order marks are taken, anything else gets its reason."""
    try:
        return json.loads(data)
    except RecursionError:
        raise Rejected("event_too_deep", "", depth=MAX_DEPTH) from None
    except Rejected:
        raise
    except UnicodeDecodeError:
        raise Rejected("json_not_utf8") from None
    except json.JSONDecodeError as error:
        raise Rejected("message_json", "", line=error.lineno, column=error.colno, problem=error.msg) from None
    except ValueError:  # a number of thousands of digits
        raise Rejected("event_number_invalid") from None


def _store_slowly(value: Any, field: str, max_bytes: int) -> str:
    if depth_exceeds(value, MAX_DEPTH):
        raise Rejected("event_too_deep", field, depth=MAX_DEPTH)
    text = _dump(value, field)
    if "\\u0000" in text or "\\ud" in text:
        text = _dump(_clean(value), field)
    if len(text) > max_bytes:
        raise Rejected("event_too_large", field, bytes=len(text), limit=max_bytes)
    return text


def clean_text(value: str) -> str:
    """The string without NUL and lone surrogates, which PostgreSQL's text can't hold."""
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def depth_exceeds(value: Any, limit: int) -> bool:
    """Whether objects and lists nest deeper than `limit`; walks by hand, because recursion is what is being checked."""
    layer = [value]
    for _ in range(limit + 1):
        layer = [
            child
            for item in layer
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not layer:
            return False
    return any(isinstance(item, dict | list) for item in layer)


def _has_no_number(value: Any) -> bool:
    """Whether NaN or an infinity is in it; the caller has checked that it isn't deep."""
    if isinstance(value, float):
        return not isfinite(value)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_has_no_number(item) for item in inner)


def _dump(value: Any, field: str) -> str:
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        raise Rejected("event_number_invalid", field) from None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value
