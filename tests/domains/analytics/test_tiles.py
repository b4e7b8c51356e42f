"""How a period is cut into what is read from days, from slots and from the events."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from enterprise_app.domains.analytics.rules import tiles
from enterprise_app.domains.analytics.rules.buckets import TimeRange, local_midnight
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import EPOCH, NEVER, SLOT, Cover, Reach, Spans

BASE = EPOCH + timedelta(days=8_850)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
minutes = st.integers(0, 6_000)
lawful = settings(deadline=None)


def span(first: int, last: int) -> TimeRange:
    return TimeRange(BASE + timedelta(minutes=min(first, last)), BASE + timedelta(minutes=max(first, last) + 1))


some_spans = st.lists(st.builds(span, minutes, minutes), max_size=40).map(tiles.merged)


def minutes_in(spans: Spans) -> set[datetime]:
    return {s.start + timedelta(minutes=n) for s in spans for n in range(int((s.end - s.start) / timedelta(minutes=1)))}


def in_order(spans: Spans) -> bool:
    return all(s.start < s.end for s in spans) and all(a.end <= b.start for a, b in pairwise(spans))


@lawful
@given(some_spans, some_spans)
def test_without_takes_away_exactly(spans, gone):
    left = tiles.without(spans, gone)
    assert in_order(left)
    assert minutes_in(left) == minutes_in(spans) - minutes_in(gone)


@lawful
@given(some_spans, st.integers(1, 9))
def test_coarse_holds_all_and_fills_the_smallest_pauses(spans, most):
    few = tiles.coarse(spans, most)
    assert in_order(few)
    assert len(few) == min(len(spans), most)
    assert minutes_in(spans) <= minutes_in(few)
    left = [b.start - a.end for a, b in pairwise(few)]
    assert left == [] or min(left) >= sorted((b.start - a.end for a, b in pairwise(spans)), reverse=True)[len(left) - 1]


@st.composite
def a_cut(draw: st.DrawFn) -> tuple[TimeRange, Reach, Spans]:
    zone = draw(st.sampled_from(ZONES))
    days = sorted(draw(st.lists(st.integers(-2, 6), min_size=2, max_size=2)))
    first, last = (local_midnight((BASE + timedelta(days=n)).date(), ZoneInfo(zone)) for n in days)
    reach = Reach(zone, draw(st.sampled_from([EPOCH, NEVER, first])), last)
    slots = [BASE + SLOT * n for n in draw(st.lists(st.integers(0, 420), max_size=60))]
    return draw(st.builds(span, minutes, minutes)), reach, tiles.dirty_spans(slots, SessionRules())


def holds(cover: Cover, whole: TimeRange, reach: Reach, dirty: Spans) -> None:
    """Every minute is read once; nothing dirty, cut or not yet made from rollups."""
    parts = [minutes_in(part) for part in (cover.days, cover.slots, cover.events)]
    assert sum(map(len, parts)) == len(set().union(*parts)) == len(minutes_in([whole]))
    rolled = parts[0] | parts[1]
    assert not rolled & minutes_in(dirty)
    assert all(at >= reach.rolled_from for at in rolled)
    assert all(tiles.slot_of(edge) == edge for s in cover.slots for edge in (s.start, s.end))
    zone = ZoneInfo(reach.zone)
    for s in cover.days:
        assert s.end <= reach.closed_until
        assert all(local_midnight(edge.astimezone(zone).date(), zone) == edge for edge in (s.start, s.end))
    assert len(cover.events) <= tiles.MANY + 4


@lawful
@given(a_cut())
def test_a_cover_holds_every_minute_once_and_only_what_is_right(cut):
    whole, reach, dirty = cut
    holds(tiles.cover_sums(whole, [whole.start], reach, dirty), whole, reach, dirty)
    dims = tiles.cover_dims(whole, reach, dirty)
    holds(Cover(dims.days, dims.slots, dims.events), whole, reach, dirty)
    assert all(s.start >= reach.closed_until for s in dims.slots)


@lawful
@given(a_cut(), st.lists(minutes, max_size=5))
def test_no_slot_and_no_day_crosses_an_edge(cut, offsets):
    whole, reach, dirty = cut
    edges = sorted({whole.start, *(e for n in offsets if whole.start < (e := BASE + timedelta(minutes=n)) < whole.end)})
    cover = tiles.cover_sums(whole, edges, reach, dirty)
    for day in (d for s in cover.days for d in pairwise([*tiles.day_starts(s, ZoneInfo(reach.zone)), s.end])):
        assert not any(day[0] < edge < day[1] for edge in edges)
    for edge in edges:
        assert tiles.slot_of(edge) == edge or not any(s.start < edge < s.end for s in cover.slots)
