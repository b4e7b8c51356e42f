"""Reads a message of the Segment HTTP tracking API into an event, or says which field is wrong.

Fields: https://segment.com/docs/connections/spec/common/ - `integrations` is ignored, unknown fields are too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from enterprise_app.domains.analytics.rules import agents, dates, keys, traffic
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.channels import classify
from enterprise_app.domains.analytics.rules.jsontext import clean_text, stored_json
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.vocabulary import EventType

MAX_EVENT_BYTES = 32_768
MAX_ID = 255
_TYPES = {t.value: t for t in EventType if t is not EventType.REQUEST}
_STORED_ELSEWHERE = {"ip", "userAgent", "page", "campaign", "sessionId"}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message is read against: whose it is, when and from where it came, what to keep of addresses.

    `imported`: from a file, long after; the time stands as it is written, and there must be one.
    """

    tenant_id: UUID
    salt: bytes
    received_at: datetime
    sent_at: datetime | None = None
    ip: str | None = None
    agent: str | None = None
    truncate_ip: bool = False
    imported: bool = False


def read_message(message: Any, reading: Reading, type_hint: str | None = None) -> EventRecord:
    """One message to one event. Raises Rejected; nothing of a bad message is kept."""
    if not isinstance(message, dict):
        raise Rejected("event_not_object", "", type=type(message).__name__)
    kind = _type(message, type_hint)
    context = _object(message, "context")
    record = _identified(message, kind, reading)
    record.occurred_at = _time(message, reading)
    _set_payload(record, message, kind)
    _set_traffic(record, message, context, reading)
    record.session_id = _text(context, "sessionId", "context.sessionId", MAX_ID)
    rest = {k: v for k, v in context.items() if k not in _STORED_ELSEWHERE}
    record.context = stored_json(rest, "context", MAX_EVENT_BYTES)
    return record


def _type(message: dict[str, Any], hint: str | None) -> EventType:
    value = hint or message.get("type")
    if not isinstance(value, str) or value.lower() not in _TYPES:
        raise Rejected("event_type_unknown", "type", value=str(value)[:40])
    return _TYPES[value.lower()]


def _identified(message: dict[str, Any], kind: EventType, reading: Reading) -> EventRecord:
    anonymous, user = _id(message, "anonymousId"), _id(message, "userId")
    client = anonymous or user or (_id(message, "previousId") if kind is EventType.ALIAS else None)
    if client is None:
        raise Rejected("event_identity_missing", "userId")
    message_id = _id(message, "messageId")
    return EventRecord(
        id=keys.event_id(reading.tenant_id, message_id) if message_id else uuid4(),
        occurred_at=reading.received_at,
        type=kind,
        visitor_id=keys.visitor_of_id(reading.salt, client),
        message_id=message_id,
        anonymous_id=anonymous,
        user_id=user,
    )


def _time(message: dict[str, Any], reading: Reading) -> datetime:
    """Segment's rule: `timestamp`, corrected by how wrong the client's clock is, which `sentAt` shows."""
    original = dates.read_time(message.get("originalTimestamp"), "originalTimestamp")
    told = dates.read_time(message.get("timestamp"), "timestamp")
    if reading.imported:
        if told is None and original is None:
            raise Rejected("event_time_missing", "timestamp")
        return dates.check_bounds(told or original or reading.received_at, reading.received_at)
    sent = dates.read_time(message.get("sentAt"), "sentAt") or reading.sent_at
    return dates.check_bounds(dates.corrected(original or told, sent, reading.received_at), reading.received_at)


def _set_payload(record: EventRecord, message: dict[str, Any], kind: EventType) -> None:
    properties = dict(_object(message, "traits" if kind in (EventType.IDENTIFY, EventType.GROUP) else "properties"))
    if kind is EventType.TRACK:
        record.name = _text(message, "event", "event", traffic.MAX_TEXT)
        if not record.name:
            raise Rejected("event_name_missing", "event")
    else:
        record.name = _text(message, "name", "name", traffic.MAX_TEXT)
    for name in ("groupId", "previousId"):
        if name in message:
            properties[name] = _id(message, name)
    record.campaign_id = _uuid(properties.get("campaign_id"))
    record.properties = stored_json(properties, "properties", MAX_EVENT_BYTES)


def _set_traffic(record: EventRecord, message: dict[str, Any], context: dict[str, Any], reading: Reading) -> None:
    page = _object(context, "page", "context.page")
    own = _object(message, "properties") if record.type is EventType.PAGE else {}
    agent = _loose(context.get("userAgent")) or reading.agent
    traffic.set_agent(record, agents.read_agent(agent[:1_000]) if agent else agents.NO_AGENT)
    ip = _loose(context.get("ip")) or reading.ip
    record.ip = stored_address(ip, reading.truncate_ip) if ip else None
    url = _loose(own.get("url")) or _loose(page.get("url")) or _loose(own.get("path")) or _loose(page.get("path"))
    search = _loose(own.get("search")) or _loose(page.get("search"))
    if url and "?" not in url and search.startswith("?"):
        url += search
    if url:
        traffic.set_page(record, url, _loose(own.get("referrer")) or _loose(page.get("referrer")), None)
    record.title = (_loose(own.get("title")) or _loose(page.get("title")))[: traffic.MAX_TEXT] or None
    _set_campaign(record, _object(context, "campaign", "context.campaign"))


def _set_campaign(record: EventRecord, campaign: dict[str, Any]) -> None:
    """`context.campaign` is what Segment's libraries make of UTM parameters: it wins over the address."""
    for field, name in (("source", "utm_source"), ("medium", "utm_medium"), ("name", "utm_campaign"),
                        ("term", "utm_term"), ("content", "utm_content")):  # fmt: skip
        if value := _loose(campaign.get(field))[:200]:
            setattr(record, name, value)
    if campaign:
        record.channel = classify(
            record.utm_medium, record.utm_source, record.utm_campaign, False, record.referrer_host
        ).value


def _object(holder: dict[str, Any], name: str, field: str = "") -> dict[str, Any]:
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Rejected("event_field_not_object", field or name, type=type(value).__name__)
    return value


def _id(message: dict[str, Any], name: str) -> str | None:
    """An id; numbers are taken as text because many databases' ids are numbers."""
    value = message.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _text({name: value}, name, name, MAX_ID)


def _text(holder: dict[str, Any], name: str, field: str, limit: int) -> str | None:
    value = holder.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Rejected("event_field_not_text", field, type=type(value).__name__)
    if len(value) > limit:
        raise Rejected("event_field_too_long", field, length=len(value), limit=limit)
    return clean_text(value).strip() or None


def _loose(value: Any) -> str:
    """Descriptive fields never make an event bad: what is no text is left out."""
    return clean_text(value) if isinstance(value, str) else ""


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
