"""The time, in one place, so that rules take it as an argument and tests can stand still."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, aware, UTC."""
    return datetime.now(UTC)
