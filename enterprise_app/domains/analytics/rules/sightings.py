"""What events say of people: one sighting for each pair of ids, and one for each message that says more."""

from collections.abc import Iterable
from datetime import datetime

from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.vocabulary import EventType
from enterprise_app.domains.profiles.vocabulary import Sighting, SightingKind


def sightings_of(records: Iterable[EventRecord]) -> list[Sighting]:
    """The sightings of many events: of anonymous visitors there are none."""
    told: list[Sighting] = []
    pairs: dict[tuple[str, str | None], tuple[datetime, datetime]] = {}
    for record in records:
        kind = record.type
        if kind is EventType.IDENTIFY or kind is EventType.ALIAS:
            if sighting := _told(record):
                told.append(sighting)
        elif record.user_id is not None:
            at, pair = record.occurred_at, (record.user_id, record.anonymous_id)
            first, last = pairs.get(pair, (at, at))
            pairs[pair] = (min(first, at), max(last, at))
    seen = [Sighting(SightingKind.SEEN, first, last, *pair) for pair, (first, last) in pairs.items()]
    return seen + told


def without_repeats(sightings: Iterable[Sighting], repeats: set[str]) -> list[Sighting]:
    """Those that are news: a message that is sent again must not merge whom somebody took apart meanwhile."""
    return [sighting for sighting in sightings if sighting.event_id not in repeats]


def _told(record: EventRecord) -> Sighting | None:
    at, ids = record.occurred_at, (record.user_id, record.anonymous_id)
    if record.type is EventType.IDENTIFY:
        return Sighting(SightingKind.IDENTIFY, at, at, *ids, traits=record.properties, event_id=record.id)
    previous = read_json(record.properties).get("previousId") if record.properties else None
    if not previous:
        return None
    return Sighting(SightingKind.ALIAS, at, at, *ids, previous_id=previous, event_id=record.id)
