"""Days that forms ask for, as moments of the reader's zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid


def start_of(ctx: Context, day: str, field: str) -> datetime | None:
    """Its midnight, as UTC; nothing chosen is None. Raises Invalid at the field."""
    return _midnight(ctx, day, field, 0)


def end_of(ctx: Context, day: str, field: str) -> datetime | None:
    """The next day's midnight, as UTC; nothing chosen is None. Raises Invalid at the field."""
    return _midnight(ctx, day, field, 1)


def _midnight(ctx: Context, day: str, field: str, later: int) -> datetime | None:
    if not day:
        return None
    try:
        local = date.fromisoformat(day) + timedelta(days=later)
        return datetime.combine(local, time.min, ZoneInfo(ctx.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.of(field, "date_malformed", example=now().date().isoformat()) from None
