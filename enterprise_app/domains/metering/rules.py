"""Periods, and which things a smaller plan leaves read-only."""

from datetime import UTC, datetime, timedelta

from enterprise_app.core.vocabulary.entitlements import UNLIMITED

from .vocabulary import Span


def period_of(span: Span, at: datetime) -> str:
    """The period that `at` lies in, in UTC: `2026-11`, `2026-11-21`, `2026-11-21T06`; empty when standing."""
    at = at.astimezone(UTC)
    formats = {Span.STANDING: "", Span.MONTH: "%Y-%m", Span.DAY: "%Y-%m-%d", Span.HOUR: "%Y-%m-%dT%H"}
    return at.strftime(formats[span])


def period_end(span: Span, at: datetime) -> datetime | None:
    """When the period that `at` lies in ends; None when standing."""
    start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if span is Span.STANDING:
        return None
    if span is Span.HOUR:
        return start + timedelta(hours=1)
    if span is Span.DAY:
        return start.replace(hour=0) + timedelta(days=1)
    return (start.replace(day=1, hour=0) + timedelta(days=32)).replace(day=1)


def within(position: int, granted: int) -> bool:
    """Whether the thing at `position` (1 = oldest) is within what is granted; beyond it, it is read-only."""
    return granted == UNLIMITED or position <= granted
