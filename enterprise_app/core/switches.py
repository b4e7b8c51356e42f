"""Kill switches: the operator turns a part of the platform off for everybody, at once. Not the plan's features.

A switch that nobody has touched is on. Each process believes what it knows for at most KNOWN_FOR seconds.
"""

import time
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import system_session
from enterprise_app.core.errors import Unavailable

KNOWN_FOR = 3.0
TOPIC = live.platform_topic("switches")


class Switch(StrEnum):
    """What can be turned off. Alphabetical."""

    IMPORTS = "imports"
    INGESTION = "ingestion"
    MAIL = "mail"
    SELF_REGISTRATION = "self_registration"


_off: frozenset[str] = frozenset()
_read_at = float("-inf")


async def is_on(switch: Switch) -> bool:
    """Whether that part of the platform runs."""
    if time.monotonic() - _read_at > KNOWN_FOR:
        await _read()
    return switch.value not in _off


async def _read() -> None:
    global _off, _read_at
    before = _read_at
    if before > 0:
        _read_at = time.monotonic()  # one asks, the others go on with what is known: this is on the way of every event
    try:
        async with system_session("kill switches") as session:
            _off = frozenset(await session.scalars(sa.text("SELECT name FROM switches WHERE off")))
    except BaseException:
        _read_at = before
        raise
    _read_at = time.monotonic()


async def require(switch: Switch) -> None:
    """Raises Unavailable, naming what the operator switched off."""
    if not await is_on(switch):
        raise Unavailable("switched_off", switch=switch.value)


async def turn(session: AsyncSession, ctx: Context, switch: Switch, *, on: bool, reason: str = "") -> None:
    """Flip it, in a system session; the caller has checked that the actor is an operator, and audits."""
    statement = sa.text(
        """
        INSERT INTO switches (name, off, reason, changed_at, changed_by) VALUES (:name, :off, :reason, :at, :by)
        ON CONFLICT (name) DO UPDATE SET off = :off, reason = :reason, changed_at = :at, changed_by = :by
        """
    )
    values = {"name": switch.value, "off": not on, "reason": reason, "at": now(), "by": ctx.actor.name}
    await session.execute(statement, values)
    await live.changed(session, TOPIC)


def forget() -> None:
    """Read again at the next question: for listeners of TOPIC and tests."""
    global _read_at
    _read_at = float("-inf")
