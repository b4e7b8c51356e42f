"""An event as its pages show it: a line of the list or of the live tail, and everything that it holds."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics.explorer_schemas import EventDetail, TailEvent
from enterprise_app.domains.analytics.schemas import EventItem
from enterprise_app.domains.localization import service as localization

COLUMNS = (
    "person", "type", "path", "title", "source", "channel", "referrer", "utm_campaign", "device", "browser", "os",
    "revenue", "status",
)  # fmt: skip
"""What a reader may choose beside the event's name and time."""
OPENING = ("person", "path", "source", "device")
NOTHING = "–"
_LONGEST = 300
_FACTS = (
    "url", "title", "referrer", "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "user_id",
    "anonymous_id", "session_id", "message_id", "browser", "os", "ip", "order_id",
)  # fmt: skip


class EventRow(BaseModel):
    """One line of the list; of the columns only the chosen ones are filled."""

    model_config = ConfigDict(frozen=True)

    id: str
    event: str
    kind: str
    at: str
    bot: bool = False
    person: str = ""
    type: str = ""
    path: str = ""
    title: str = ""
    source: str = ""
    channel: str = ""
    referrer: str = ""
    utm_campaign: str = ""
    device: str = ""
    browser: str = ""
    os: str = ""
    revenue: str = ""
    status: str = ""


class Fact(BaseModel):
    """A name with its value; `href` leads to the events that have the same."""

    model_config = ConfigDict(frozen=True)

    id: str
    value: str
    label: str = ""
    href: str = ""


class EventShown(BaseModel):
    """One event, whole; without an id nothing is open."""

    model_config = ConfigDict(frozen=True)

    id: str = ""
    event: str = ""
    type: str = ""
    at: str = ""
    received: str = ""
    source: str = ""
    channel: str = ""
    device: str = ""
    bot: bool = False
    revenue: str = ""
    facts: list[Fact] = []
    properties: list[Fact] = []
    context: str = ""
    whole: str = ""
    person: str = ""
    person_href: str = ""
    campaign_href: str = ""
    events_href: str = ""


def key_of(event: EventItem | TailEvent) -> str:
    """What finds the event again: its exact time and its id."""
    return f"{event.occurred_at.isoformat()}~{event.id}"


def name_of(ctx: Context, event: EventItem | TailEvent) -> str:
    """What happened, in a few words: the event's own name, else its type."""
    return (event.name or translate(ctx.locale, f"explorer.type.{event.type}"))[:_LONGEST]


def row_of(ctx: Context, event: EventItem, sources: dict[str, str], chosen: set[str]) -> EventRow:
    """A line with the chosen columns."""
    filled = {name: text or NOTHING for name, text in _cells(ctx, event, sources).items() if name in chosen}
    kind = translate(ctx.locale, f"explorer.type.{event.type}")
    at = clock(ctx, event.occurred_at, day=True)
    return EventRow(id=key_of(event), event=name_of(ctx, event), kind=kind, at=at, bot=event.is_bot, **filled)


def _cells(ctx: Context, event: EventItem, sources: dict[str, str]) -> dict[str, str]:
    return {
        "person": (event.user_id or event.anonymous_id or "")[:80],
        "type": translate(ctx.locale, f"explorer.type.{event.type}"),
        "path": (event.path or "")[:_LONGEST],
        "title": (event.title or "")[:_LONGEST],
        "source": sources.get(str(event.source_id), ""),
        "channel": translate(ctx.locale, f"analytics.channel.{event.channel}") if event.channel else "",
        "referrer": (event.referrer_host or "")[:_LONGEST],
        "utm_campaign": (event.utm_campaign or "")[:_LONGEST],
        "device": _device(ctx, event),
        "browser": event.browser or "",
        "os": event.os or "",
        "revenue": _revenue(ctx, event),
        "status": str(event.status or ""),
    }


def shown_of(ctx: Context, event: EventDetail) -> EventShown:
    """Everything that the event holds."""
    person = event.user_id or event.anonymous_id or ""
    facts = [_fact(ctx, name, getattr(event, name)) for name in _FACTS if getattr(event, name)]
    return EventShown(
        id=key_of(event),
        event=name_of(ctx, event),
        type=translate(ctx.locale, f"explorer.type.{event.type}"),
        at=clock(ctx, event.occurred_at, day=True),
        received=clock(ctx, event.received_at, day=True),
        source=event.source_name or "",
        channel=translate(ctx.locale, f"analytics.channel.{event.channel}") if event.channel else "",
        device=_device(ctx, event),
        bot=event.is_bot,
        revenue=_revenue(ctx, event),
        facts=facts,
        properties=[_property(name, value) for name, value in sorted((event.properties or {}).items())],
        context=_pretty(event.context) if event.context else "",
        whole=_pretty(event.model_dump(mode="json", exclude={"source_name"})),
        person=person[:80],
        campaign_href=f"/campaigns/{event.campaign_id}" if event.campaign_id else "",
        events_href=f"/analytics/events?person={quote(person, safe='')}" if person else "",
    )


def clock(ctx: Context, at: datetime, *, day: bool = False) -> str:
    """The time of day to the second, in the reader's zone; with the day before it."""
    local = at.astimezone(ZoneInfo(ctx.zone))
    time = local.strftime("%H:%M:%S")
    return f"{localization.format_date(local.date(), ctx.locale)} {time}" if day else time


def _fact(ctx: Context, name: str, value: object) -> Fact:
    return Fact(id=name, value=str(value), label=translate(ctx.locale, f"explorer.field.{name}"))


def _property(name: str, value: object) -> Fact:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    plain = isinstance(value, str | int | float | bool) and len(text) <= 200 and ":" not in name
    condition = f"properties.{name}:eq:{text}"
    return Fact(id=name, label=name, value=text[:2_000], href=condition if plain else "")


def _device(ctx: Context, event: EventItem) -> str:
    return translate(ctx.locale, f"explorer.device.{event.device}") if event.device else ""


def _revenue(ctx: Context, event: EventItem) -> str:
    if event.revenue is None:
        return ""
    number = localization.format_number(event.revenue, ctx.locale)
    return f"{number} {event.currency or ''}".strip()


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
