"""Time ranges and their buckets in a zone: hours, days, weeks and months that follow the wall clock there.

A local day is 23 or 25 hours where the clocks change; zones off by 30 or 45 minutes have their own full hours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from enterprise_app.domains.analytics.vocabulary import Bucket

MAX_BUCKETS = 1_500
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` (inclusive) to `end` (exclusive), aware, UTC."""

    start: datetime
    end: datetime


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC; where the clock skips midnight, the first one after the gap."""
    # In a gap the default fold uses the offset before it, which gives exactly the instant of the change.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def boundaries(span: TimeRange, bucket: Bucket, zone: ZoneInfo, week_start: int) -> list[datetime]:
    """The starts of all buckets that cut the range, the first one clipped to the range's start; no empty list.

    `week_start`: 0 is Monday. Raises OverflowError past MAX_BUCKETS.
    """
    starts = [span.start]
    step = _next_hour if bucket is Bucket.HOUR else _next_day_based(bucket, week_start)
    following = step(span.start, zone)
    while following < span.end:
        starts.append(following)
        if len(starts) > MAX_BUCKETS:
            raise OverflowError(MAX_BUCKETS)
        following = step(following, zone)
    return starts


def choose_bucket(span: TimeRange) -> Bucket:
    """A width that gives a readable chart: hours to 3 days, days to 4 months, weeks to 2 years, then months."""
    days = (span.end - span.start) / timedelta(days=1)
    if days <= 3.1:
        return Bucket.HOUR
    if days <= 124:
        return Bucket.DAY
    return Bucket.WEEK if days <= 732 else Bucket.MONTH


def previous(span: TimeRange, zone: ZoneInfo) -> TimeRange:
    """The period just before, of the same length: whole local months by months, whole days by days, else by time."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    if not (_is_midnight(span.start, zone) and _is_midnight(span.end, zone)):
        return TimeRange(span.start - (span.end - span.start), span.start)
    first, last = start.date(), end.date()
    if first.day == 1 and last.day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month
        return TimeRange(local_midnight(_add_months(first, -months), zone), span.start)
    return TimeRange(local_midnight(first - (last - first), zone), span.start)


def _is_midnight(instant: datetime, zone: ZoneInfo) -> bool:
    return local_midnight(instant.astimezone(zone).date(), zone) == instant


def _next_hour(instant: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour of the wall clock; arithmetic in UTC, so the repeated hour in autumn is two buckets."""
    local = instant.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    following = instant + _HOUR - into
    if following.astimezone(zone).minute == 0:
        return following
    # Lord Howe shifts by half an hour: walk to the first full hour that its new clock shows.
    following = instant - timedelta(seconds=instant.second, microseconds=instant.microsecond) + _MINUTE
    while following.astimezone(zone).minute:
        following += _MINUTE
    return following


def _next_day_based(bucket: Bucket, week_start: int) -> Callable[[datetime, ZoneInfo], datetime]:
    def step(instant: datetime, zone: ZoneInfo) -> datetime:
        day = instant.astimezone(zone).date()
        return local_midnight(_next_start(day, bucket, week_start), zone)

    return step


def _next_start(day: date, bucket: Bucket, week_start: int) -> date:
    if bucket is Bucket.DAY:
        return day + timedelta(days=1)
    if bucket is Bucket.WEEK:
        return day + timedelta(days=7 - (day.weekday() - week_start) % 7)
    return _add_months(day.replace(day=1), 1)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
