"""The overview counted a second time from a plain list of events: slow, obvious, and without the product's code."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

ACTIVITY = ("page", "screen", "track")


@dataclass(frozen=True, slots=True)
class Event:
    """One stored event, as far as the overview looks at it."""

    at: datetime
    visitor: UUID
    type: str = "page"
    path: str | None = "/"
    host: str | None = None
    channel: str | None = None
    referrer: str | None = None
    utm: tuple[str | None, str | None, str | None] = (None, None, None)
    is_bot: bool = False
    id: UUID = field(default_factory=uuid4)


class Cuts(NamedTuple):
    """What ends a session."""

    minutes: int = 30
    midnight: bool = False
    campaign: bool = False
    zone: str = "UTC"


def session_starts(events: Iterable[Event], cuts: Cuts) -> set[UUID]:
    """The ids of the events that begin a session."""
    gap, zone = timedelta(minutes=cuts.minutes), ZoneInfo(cuts.zone)
    visits: dict[UUID, list[Event]] = defaultdict(list)
    for event in events:
        if event.type in ACTIVITY and not event.is_bot:
            visits[event.visitor].append(event)
    starts = set()
    for visit in visits.values():
        last: Event | None = None
        tagged: Event | None = None
        for event in sorted(visit, key=lambda e: (e.at, e.id)):
            begins = last is None or event.at - last.at > gap
            if last is not None and cuts.midnight:
                begins = begins or event.at.astimezone(zone).date() != last.at.astimezone(zone).date()
            if cuts.campaign and any(event.utm):
                begins = begins or tagged is None or event.at - tagged.at > gap or tagged.utm != event.utm
            if begins:
                starts.add(event.id)
            last = event
            tagged = event if any(event.utm) else tagged
    return starts


def numbers(events: list[Event], starts: set[UUID], first: datetime, end: datetime) -> tuple[int, int, int, int]:
    """Visitors, page views, sessions and tracked events from `first` to before `end`."""
    shown = _shown(events, first, end)
    return (
        len({e.visitor for e in shown}),
        sum(e.type == "page" for e in shown),
        sum(e.id in starts for e in shown),
        sum(e.type == "track" for e in shown),
    )


def traffic(events: list[Event], first: datetime, end: datetime) -> tuple[int, int, int]:
    """Hits of humans, of bots, other requests."""
    inside = [e for e in events if first <= e.at < end]
    requests = sum(e.type == "request" and not e.is_bot for e in inside)
    return len(_shown(events, first, end)), sum(e.is_bot for e in inside), requests


def entries(events: list[Event], starts: set[UUID], first: datetime, end: datetime, of) -> list[tuple]:
    """The ten values with the most sessions that began so: value, sessions, visitors."""
    found: dict[tuple, list[Event]] = defaultdict(list)
    for event in _shown(events, first, end):
        if event.id in starts and (value := of(event)) is not None:
            found[value].append(event)
    rows = [(value, len(rows), len({e.visitor for e in rows})) for value, rows in found.items()]
    return sorted(rows, key=lambda row: (-row[1], _sortable(row[0])))[:10]


def pages(events: list[Event], starts: set[UUID], first: datetime, end: datetime) -> list[tuple]:
    """The ten pages with the most views: (path, host), views, visitors, sessions that began there."""
    found: dict[tuple, list[Event]] = defaultdict(list)
    for event in _shown(events, first, end):
        if event.type == "page" and event.path is not None:
            found[(event.path, event.host)].append(event)
    rows = [
        (page, len(views), len({e.visitor for e in views}), sum(e.id in starts for e in views))
        for page, views in found.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], _sortable(row[0])))[:10]


def _shown(events: list[Event], first: datetime, end: datetime) -> list[Event]:
    return [e for e in events if first <= e.at < end and e.type in ACTIVITY and not e.is_bot]


def _sortable(value: tuple[str | None, ...]) -> list[tuple[bool, str]]:
    return [(part is not None, part or "") for part in value]
