"""Times that clients send: ISO 8601 or Unix seconds or milliseconds, corrected for wrong clocks, and believable."""

from datetime import UTC, datetime, timedelta
from typing import Any

from enterprise_app.domains.analytics.rules.record import Rejected

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(days=1)


def read_time(value: Any, field: str) -> datetime | None:
    """The instant, UTC; None for a missing one. A time without offset is UTC. Raises Rejected for anything else."""
    if value is None or value == "":
        return None
    try:
        return _parse(value)
    except (ValueError, TypeError, OverflowError):
        raise Rejected("event_time_invalid", field, value=str(value)[:60]) from None


def _parse(value: Any) -> datetime:
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value.strip())
        if parsed.tzinfo is UTC:
            return parsed
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    seconds = value / 1000 if abs(value) > 100_000_000_000 else value
    return datetime.fromtimestamp(seconds, UTC)


def corrected(occurred: datetime | None, sent: datetime | None, received: datetime) -> datetime:
    """When it happened by our clock (Segment's rule): received - (sent - occurred); as told when nothing was `sent`."""
    if occurred is None:
        return received
    if sent is None:
        return occurred
    try:
        return received - (sent - occurred)
    except OverflowError:
        raise Rejected("event_time_out_of_range", "timestamp", value=str(occurred)) from None


def check_bounds(occurred: datetime, received: datetime, field: str = "timestamp") -> datetime:
    """Refuse what can't be true: before 2000 or more than a day ahead of us."""
    if not EARLIEST <= occurred <= received + FUTURE_TOLERANCE:
        raise Rejected("event_time_out_of_range", field, value=occurred.isoformat())
    return occurred
