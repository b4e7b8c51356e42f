"""A refused message as it may be shown: cut, readable, and without what looks like a secret or an address."""

import json
import re
from typing import Any

from enterprise_app.domains.analytics.rules.jsontext import clean_text

SHOWN = 2_000
HIDDEN = "***"
_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|api[-_]?key|write[-_]?key|private[-_]?key|authori[sz]ation|cookie|credential"
    r"|card[-_]?(number|no)|cvc|cvv|iban|ssn|^ip$|^pin$",
    re.IGNORECASE,
)
_OWN_KEYS = re.compile(r"at[rtw]_[A-Za-z0-9_-]{8,}")
_WIDE, _DEEP, _LONG = 60, 5, 300


def shown_message(message: Any) -> str:
    """The message as JSON, at most `SHOWN` characters; a line that was no JSON as it is. Never raises.

    The work is bounded whatever the message is: wide, deep and long values are cut before they are written.
    """
    if isinstance(message, bytes):
        return _masked(message[: 4 * SHOWN].decode("utf-8", "replace"))
    if isinstance(message, str):
        return _masked(message[: 2 * SHOWN])
    return _masked(json.dumps(_cut(message, _DEEP), ensure_ascii=False, default=str))


def _masked(text: str) -> str:
    cleaned = clean_text(_OWN_KEYS.sub(HIDDEN, text))
    return cleaned if len(cleaned) <= SHOWN else cleaned[:SHOWN] + "…"


def _cut(value: Any, deep: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONG else value[:_LONG] + "…"
    if not isinstance(value, dict | list):
        return value if not isinstance(value, int) or abs(value) < 10**30 else "…"
    if deep == 0:
        return "…"
    if isinstance(value, list):
        return [_cut(item, deep - 1) for item in value[:_WIDE]] + (["…"] if len(value) > _WIDE else [])
    kept = list(value.items())[:_WIDE]
    cut = {str(key)[:_LONG]: HIDDEN if _SECRET.search(str(key)[:_LONG]) else _cut(item, deep - 1) for key, item in kept}
    return cut | {"…": len(value) - _WIDE} if len(value) > _WIDE else cut
