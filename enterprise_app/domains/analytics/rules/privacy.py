"""What is left of an event when its visitor asks not to be tracked: what happened and where from, not who it was."""

from enterprise_app.domains.analytics.rules import keys
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.jsontext import read_json, stored_json
from enterprise_app.domains.analytics.rules.messages import MAX_EVENT_BYTES, Reading
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.vocabulary import EventType

ONLY_IDENTITY = (EventType.ALIAS, EventType.GROUP, EventType.IDENTIFY)
"""Messages that say nothing but who somebody is: without that nothing is left of them."""
_ASKS = '"doNotTrack":true'
_KEPT_CONTEXT = ("app", "doNotTrack", "library", "locale", "timezone")


def asks(record: EventRecord) -> bool:
    """Whether the message itself says so (`context.doNotTrack`), as our snippet does for its browser."""
    return record.context is not None and _ASKS in record.context


def anonymise(record: EventRecord, reading: Reading) -> None:
    """Take away ids, address, session, the queries of addresses, and what of the context could recognise somebody.

    The visitor becomes a hash of the day, the address without its last part and the browser's family: good for
    counting visitors of one day, and nothing that could be found again on another.
    """
    network = stored_address(record.ip, True) if record.ip else ""
    day = f"{reading.received_at:%Y-%m-%d} {network}"
    record.visitor_id = keys.visitor_of_address(reading.salt, day, f"{record.browser} {record.os} {record.device}")
    record.anonymous_id = record.user_id = record.session_id = record.ip = None
    record.url, record.referrer = _without_query(record.url), _without_query(record.referrer)
    if record.context:
        context = read_json(record.context)
        kept = {name: context[name] for name in _KEPT_CONTEXT if name in context}
        record.context = stored_json(kept, "context", MAX_EVENT_BYTES)


def _without_query(address: str | None) -> str | None:
    return address.partition("?")[0].partition("#")[0] if address else None
