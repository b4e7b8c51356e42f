"""One event as it will be stored: the shape that every way in (HTTP, log, JSONL) ends in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enterprise_app.domains.analytics.vocabulary import EventType


@dataclass(slots=True)
class EventRecord:
    """A checked event. `id` is derived from the message id, so that a repeat has the same one.

    Ids are 32 hexadecimal digits: what the database reads, without an object for each.
    """

    id: str
    occurred_at: datetime
    type: EventType
    visitor_id: str
    name: str | None = None
    message_id: str | None = None
    anonymous_id: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    url: str | None = None
    host: str | None = None
    path: str | None = None
    title: str | None = None
    referrer: str | None = None
    referrer_host: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    channel: str | None = None
    device: str | None = None
    browser: str | None = None
    os: str | None = None
    is_bot: bool = False
    ip: str | None = None
    status: int | None = None
    campaign_id: str | None = None
    revenue: str | None = None
    currency: str | None = None
    order_id: str | None = None
    properties: str | None = None
    context: str | None = None


class Rejected(Exception):
    """A message or line that can't be taken: `code` for `errors.<code>`, the `field`, what its text needs."""

    def __init__(self, code: str, field: str = "", **params: Any) -> None:
        self.code, self.field, self.params = code, field, params
        super().__init__(f"{field}: {code}" if field else code)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rejected, (self.code, self.field, self.params)


def _rejected(code: str, field: str, params: dict[str, Any]) -> Rejected:
    """For pickle, which can't name parameters."""
    return Rejected(code, field, **params)
