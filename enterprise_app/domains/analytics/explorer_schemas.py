"""The shapes of looking at raw events: one event whole, the live tail, and what happens right now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from enterprise_app.domains.analytics.schemas import EventItem, Frozen
from enterprise_app.domains.analytics.vocabulary import EventType


class EventDetail(EventItem):
    """One event, whole: with its context, and where it came from in words."""

    message_id: str | None
    session_id: str | None
    referrer: str | None
    utm_term: str | None
    utm_content: str | None
    ip: str | None
    context: dict[str, Any] | None
    source_name: str | None


class TailEvent(Frozen):
    """One line of the live tail."""

    id: UUID
    occurred_at: datetime
    type: EventType
    name: str | None
    path: str | None
    host: str | None
    user_id: str | None
    anonymous_id: str | None
    source_id: UUID
    is_bot: bool


class Pulse(Frozen):
    """What happens right now: people of the last minutes, and events of each of the last 30, oldest first."""

    visitors_5: int
    visitors_30: int
    per_minute: list[int] = Field(min_length=30, max_length=30)


class Live(Frozen):
    """The live tail with what happens right now."""

    pulse: Pulse
    events: list[TailEvent]
