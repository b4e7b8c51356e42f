"""Reads the cells of a table that must be a time or an amount, as the files of many programs write them."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.vocabulary import TIME_FORMATS

_UNIX = re.compile(r"-?\d{9,19}(\.\d+)?")
_NAMED_UTC = re.compile(r"\s*(?:UTC|GMT|Z)$", re.IGNORECASE)
_AMOUNT = re.compile(r"\d+(\.\d+)?")
_AROUND = re.compile(r"^[^\d.,()-]+|[^\d.,()]+$")


class TimeReader:
    """Reads times in one format (None: ISO 8601 or Unix) and in one zone where they name none (None: UTC)."""

    def __init__(self, time_format: str | None, zone: str | None) -> None:
        self._format = time_format or None
        self._zone = ZoneInfo(zone) if zone else UTC

    def read(self, value: Any) -> str:
        """The instant in ISO 8601, UTC. Raises Rejected."""
        try:
            return self._parse(value).isoformat()
        except (ValueError, TypeError, OverflowError):
            raise Rejected(
                "row_time_invalid", "timestamp", value=str(value)[:60], format=self._format or "ISO 8601"
            ) from None

    def _parse(self, value: Any) -> datetime:
        if isinstance(value, str) and self._format:
            return self._placed(datetime.strptime(value.strip(), self._format))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _of_unix(value)
        if not isinstance(value, str):
            raise TypeError
        text = value.strip()
        if _UNIX.fullmatch(text):
            return _of_unix(float(text) if "." in text else int(text))
        named = _NAMED_UTC.search(text)
        parsed = datetime.fromisoformat(text[: named.start()] if named else text)
        return parsed.replace(tzinfo=UTC) if named and parsed.tzinfo is None else self._placed(parsed)

    def _placed(self, parsed: datetime) -> datetime:
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=self._zone)).astimezone(UTC)


def _of_unix(value: int | float) -> datetime:
    """Seconds, milli-, micro- or nanoseconds: told by the size, which for a date of today leaves no doubt."""
    for scale, beyond in ((1_000_000_000, 10**17), (1_000_000, 10**14), (1_000, 10**11)):
        if abs(value) > beyond:
            whole, rest = divmod(int(value), scale)
            return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest * 1_000_000 // scale)
    return datetime.fromtimestamp(value, UTC)


def guess_time_format(samples: Sequence[str]) -> str | None:
    """The one format that most samples are in; None when they need none, or when several would do (03/04/2026)."""
    samples = [text for text in samples if text.strip()]
    fits = {known: sum(_reads(text, known) for text in samples) for known in (None, *TIME_FORMATS)}
    most = max(fits.values())
    best = [known for known, count in fits.items() if count == most]
    return best[0] if most * 2 > len(samples) and len(best) == 1 else None


def _reads(text: str, time_format: str | None) -> bool:
    try:
        TimeReader(time_format, None).read(text)
    except Rejected:
        return False
    return True


def read_amount(value: Any, decimal: str) -> Any:
    """A number as it stands, or a text such as `1.234,50 €` as a plain decimal. Raises Rejected."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if not isinstance(value, str):
        raise Rejected("row_amount_invalid", "revenue", value=str(value)[:40])
    text = value.strip()
    minus = text[:1] in ("-", "−", "(")
    text = _AROUND.sub("", text[1:] if minus else text).strip("()").replace("." if decimal == "," else ",", "")
    text = re.sub(r"[\s'’_]", "", text).replace(decimal, ".")
    if not _AMOUNT.fullmatch(text):
        raise Rejected("row_amount_invalid", "revenue", value=value[:40])
    try:
        return f"{'-' if minus else ''}{Decimal(text)}"
    except InvalidOperation:
        raise Rejected("row_amount_invalid", "revenue", value=value[:40]) from None


def plain(value: Any) -> Any:
    """What JSON has no word for, as text or number; raises TypeError for the rest. For values out of Parquet."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()  # UnicodeDecodeError is a ValueError: the caller refuses the column
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    raise TypeError(type(value).__name__)
