"""Reads a message of the Segment HTTP tracking API into an event, or says which field is wrong.

Fields: https://segment.com/docs/connections/spec/common/ - `integrations` is ignored, unknown fields are too.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from enterprise_app.domains.analytics.rules import agents, dates, keys, money, traffic
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.channels import classify
from enterprise_app.domains.analytics.rules.jsontext import clean_text, stored_json
from enterprise_app.domains.analytics.rules.record import EventRecord, Rejected
from enterprise_app.domains.analytics.vocabulary import EventType

MAX_EVENT_BYTES = 32_768
MAX_ID = 255
_TYPES = {t.value: t for t in EventType if t not in (EventType.REQUEST, EventType.PLATFORM)}
_STORED_ELSEWHERE = frozenset({"ip", "userAgent", "page", "campaign", "sessionId"})
_NOTHING: dict[str, Any] = {}


@dataclass(slots=True)
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
    tenant_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.tenant_key = self.tenant_id.bytes


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
    if context:
        record.session_id = _text(context.get("sessionId"), "context.sessionId", MAX_ID)
        rest = {k: v for k, v in context.items() if k not in _STORED_ELSEWHERE}
        record.context = stored_json(rest, "context", MAX_EVENT_BYTES)
    return record


def _type(message: dict[str, Any], hint: str | None) -> EventType:
    value = hint or message.get("type")
    kind = _TYPES.get(value) or _TYPES.get(value.lower()) if isinstance(value, str) else None
    if kind is None:
        raise Rejected("event_type_unknown", "type", value=str(value)[:40])
    return kind


def _identified(message: dict[str, Any], kind: EventType, reading: Reading) -> EventRecord:
    anonymous, user = _id(message, "anonymousId"), _id(message, "userId")
    client = anonymous or user or (_id(message, "previousId") if kind is EventType.ALIAS else None)
    if client is None:
        raise Rejected("event_identity_missing", "userId")
    message_id = _id(message, "messageId")
    return EventRecord(
        id=keys.event_id(reading.tenant_key, message_id) if message_id else keys.random_id(),
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
    bookkeeping = kind is EventType.IDENTIFY or kind is EventType.GROUP
    properties = _object(message, "traits" if bookkeeping else "properties")
    if kind is EventType.TRACK:
        record.name = _text(message.get("event"), "event", traffic.MAX_TEXT)
        if not record.name:
            raise Rejected("event_name_missing", "event")
        if properties:
            record.revenue, record.currency, record.order_id = money.read_order(properties)
    else:
        record.name = _text(message.get("name"), "name", traffic.MAX_TEXT)
    told = {name: _id(message, name) for name in ("groupId", "previousId") if name in message}
    if told:
        properties = properties | told
    if properties:
        if "campaign_id" in properties:
            record.campaign_id = _uuid(properties["campaign_id"])
        record.properties = stored_json(properties, "properties", MAX_EVENT_BYTES)


def _set_traffic(record: EventRecord, message: dict[str, Any], context: dict[str, Any], reading: Reading) -> None:
    agent = _loose(context.get("userAgent")) or reading.agent
    traffic.set_agent(record, agents.read_agent(agent[:1_000]) if agent else agents.NO_AGENT)
    ip = _loose(context.get("ip")) or reading.ip
    record.ip = stored_address(ip, reading.truncate_ip) if ip else None
    page = _object(context, "page", "context.page")
    own = _object(message, "properties") if record.type is EventType.PAGE else _NOTHING
    if page or own:
        _set_page(record, own, page)
    campaign = _object(context, "campaign", "context.campaign")
    if campaign:
        _set_campaign(record, campaign)


def _set_page(record: EventRecord, own: dict[str, Any], page: dict[str, Any]) -> None:
    """The page as the message tells it, else as its context does."""
    url = _loose(own.get("url")) or _loose(page.get("url")) or _loose(own.get("path")) or _loose(page.get("path"))
    if url and "?" not in url:
        search = _loose(own.get("search")) or _loose(page.get("search"))
        if search.startswith("?"):
            url += search
    if url:
        traffic.set_page(record, url, _loose(own.get("referrer")) or _loose(page.get("referrer")), None)
    record.title = (_loose(own.get("title")) or _loose(page.get("title")))[: traffic.MAX_TEXT] or None


def _set_campaign(record: EventRecord, campaign: dict[str, Any]) -> None:
    """`context.campaign` is what Segment's libraries make of UTM parameters: it wins over the address."""
    for name, column in (("source", "utm_source"), ("medium", "utm_medium"), ("name", "utm_campaign"),
                         ("term", "utm_term"), ("content", "utm_content")):  # fmt: skip
        if value := _loose(campaign.get(name))[:200]:
            setattr(record, column, value)
    record.channel = classify(record.utm_medium, record.utm_source, record.utm_campaign, False, record.referrer_host)


def _object(holder: dict[str, Any], name: str, path: str = "") -> dict[str, Any]:
    value = holder.get(name)
    if value is None:
        return _NOTHING
    if not isinstance(value, dict):
        raise Rejected("event_field_not_object", path or name, type=type(value).__name__)
    return value


def _id(message: dict[str, Any], name: str) -> str | None:
    """An id; numbers are taken as text because many databases' ids are numbers."""
    value = message.get(name)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return _text(value, name, MAX_ID)


def _text(value: Any, path: str, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise Rejected("event_field_not_text", path, type=type(value).__name__)
    if len(value) > limit:
        raise Rejected("event_field_too_long", path, length=len(value), limit=limit)
    return clean_text(value).strip() or None


def _loose(value: Any) -> str:
    """Descriptive fields never make an event bad: what is no text is left out."""
    return clean_text(value) if isinstance(value, str) else ""


def _uuid(value: Any) -> str | None:
    try:
        return UUID(value).hex if isinstance(value, str) else None
    except ValueError:
        return None
