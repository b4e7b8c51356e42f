"""Which part of a period is read from which rollups, and which part from the events themselves.

Time falls into three regions: before `rolled_from` there are no rollups; until `closed_until` there is a row for each
local day and, for the sums, each slot of 15 minutes; after it everything is there for each slot. Whatever is marked as
dirty, and what neither slot nor day fits exactly, is counted from the events: so the result is exact at any moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from enterprise_app.domains.analytics.rules.buckets import TimeRange, local_midnight
from enterprise_app.domains.analytics.rules.sessions import SessionRules

SLOT = timedelta(minutes=15)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any event (rules/dates.py); `rolled_from` here means that the rollups are complete."""
NEVER = datetime(2200, 1, 1, tzinfo=UTC)
"""After any event; `rolled_from` here means that there are no rollups yet."""
_DAY = timedelta(days=1)
_STAYS_OPEN = timedelta(hours=3)
MANY = 24
"""Into more pieces no question is cut: each costs a condition, and reading what lies between them costs less."""

Spans = list[TimeRange]
"""Sorted, without overlap."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a tenant's rollups reach. `zone` is the one whose days are closed."""

    zone: str
    rolled_from: datetime
    closed_until: datetime


@dataclass(frozen=True, slots=True)
class Cover:
    """A period in three parts: read from rows of days, from rows of slots, from the events."""

    days: Spans
    slots: Spans
    events: Spans


def slot_of(instant: datetime) -> datetime:
    """The start of the slot that the instant is in."""
    return instant - (instant - EPOCH) % SLOT


def merged(spans: Iterable[TimeRange]) -> Spans:
    """The same time in as few spans as possible."""
    result: Spans = []
    for span in sorted(spans, key=lambda s: s.start):
        if span.start >= span.end:
            continue
        if result and span.start <= result[-1].end:
            result[-1] = TimeRange(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return result


def clipped(spans: Iterable[TimeRange], start: datetime, end: datetime) -> Spans:
    """What of them lies between `start` and `end`."""
    cut = (TimeRange(max(s.start, start), min(s.end, end)) for s in spans)
    return [s for s in cut if s.start < s.end]


def coarse(spans: Spans, most: int) -> Spans:
    """At most so many spans that hold all of them: the smallest pauses in between are filled."""
    if len(spans) <= most:
        return spans
    pauses = sorted(range(1, len(spans)), key=lambda n: spans[n - 1].end - spans[n].start)
    kept = sorted(pauses[: most - 1])
    return [
        TimeRange(spans[first].start, spans[last - 1].end)
        for first, last in zip([0, *kept], [*kept, len(spans)], strict=True)
    ]


def without(spans: Spans, gone: Spans) -> Spans:
    """The first without the second."""
    result: Spans = []
    passed = 0
    for span in spans:
        at = span.start
        while passed < len(gone) and gone[passed].end <= at:
            passed += 1
        for hole in islice(gone, passed, None):
            if hole.start >= span.end:
                break
            if at < hole.start:
                result.append(TimeRange(at, hole.start))
            at = hole.end
        if at < span.end:
            result.append(TimeRange(at, span.end))
    return result


def dirty_spans(slots: Iterable[datetime], rules: SessionRules) -> Spans:
    """What marked slots make wrong: themselves, and as far on as an event can take away a later one's new session."""
    reach = SLOT * -(-(SLOT + rules.gap) // SLOT)
    return merged(TimeRange(slot, slot + reach) for slot in slots)


def whole_days(span: TimeRange, zone: ZoneInfo) -> TimeRange | None:
    """The local days that lie wholly in the span, as one span."""
    start = local_midnight(span.start.astimezone(zone).date(), zone)
    if start < span.start:
        start = local_midnight(span.start.astimezone(zone).date() + _DAY, zone)
    end = local_midnight(span.end.astimezone(zone).date(), zone)
    return TimeRange(start, end) if start < end else None


def days_around(span: TimeRange, zone: ZoneInfo) -> TimeRange:
    """The span grown to whole local days."""
    start = local_midnight(span.start.astimezone(zone).date(), zone)
    end = local_midnight(span.end.astimezone(zone).date(), zone)
    if end < span.end:
        end = local_midnight(span.end.astimezone(zone).date() + _DAY, zone)
    return TimeRange(start, end)


def day_starts(span: TimeRange, zone: ZoneInfo) -> list[datetime]:
    """The local days of a span that begins and ends with one."""
    first, last = span.start.astimezone(zone).date(), span.end.astimezone(zone).date()
    return [local_midnight(first + _DAY * n, zone) for n in range((last - first).days)]


def closing_time(now: datetime, zone: ZoneInfo) -> datetime:
    """Until when days are closed at this moment: today and yesterday stay open, and at night the day before as well."""
    return local_midnight((now - _STAYS_OPEN).astimezone(zone).date() - _DAY, zone)


def cover_sums(span: TimeRange, edges: Sequence[datetime], reach: Reach, dirty: Spans) -> Cover:
    """How to read the sums and visitors of the buckets that begin at `edges`. Days only where no edge cuts one."""
    clean = _clean(span, edges, reach, dirty)
    zone = ZoneInfo(reach.zone)
    days: Spans = []
    if all(local_midnight(edge.astimezone(zone).date(), zone) == edge for edge in edges[1:]):
        days = _days(clean, reach, zone)
    slots = without(clean, days)
    return Cover(days, slots, without([span], clean))


def cover_dims(span: TimeRange, reach: Reach, dirty: Spans) -> Cover:
    """How to read channels, referrers and pages: of closed time there are whole days only."""
    clean = _clean(span, [span.start], reach, dirty)
    days = _days(clean, reach, ZoneInfo(reach.zone))
    slots = clipped(clean, reach.closed_until, span.end)
    return Cover(days, slots, without([span], merged(days + slots)))


def _days(clean: Spans, reach: Reach, zone: ZoneInfo) -> Spans:
    closed = clipped(clean, EPOCH, reach.closed_until)
    return [found for span in closed if (found := whole_days(span, zone))]


def _clean(span: TimeRange, edges: Sequence[datetime], reach: Reach, dirty: Spans) -> Spans:
    """Where whole slots can be read as they are."""
    cut = [TimeRange(slot_of(edge), slot_of(edge) + SLOT) for edge in (*edges, span.end) if slot_of(edge) != edge]
    here = coarse(clipped(dirty, slot_of(span.start), span.end + SLOT), MANY)
    unknown = merged([*here, *cut, TimeRange(EPOCH, reach.rolled_from)])
    return without([span], unknown)
