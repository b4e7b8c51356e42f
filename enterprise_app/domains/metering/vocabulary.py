"""Which limit is held, and which is spent per period."""

from enum import StrEnum

from enterprise_app.core.vocabulary.entitlements import Limit


class Span(StrEnum):
    """How long a use counts: until released, or to the end of the calendar period in UTC."""

    STANDING = "standing"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


SPANS: dict[Limit, Span] = {
    Limit.AI_MODELS: Span.STANDING,
    Limit.AI_PREDICTIONS_DAY: Span.DAY,
    Limit.API_CALLS_HOUR: Span.HOUR,
    Limit.API_CALLS_MONTH: Span.MONTH,
    Limit.ASSISTANTS: Span.STANDING,
    Limit.CAMPAIGNS: Span.STANDING,
    Limit.EVENTS: Span.MONTH,
    Limit.MEMBERS: Span.STANDING,
    Limit.STORAGE_BYTES: Span.STANDING,
    Limit.WORKFLOWS: Span.STANDING,
}
"""Every limit that is used up; RETENTION_DAYS is not: it is an age, not an amount."""
