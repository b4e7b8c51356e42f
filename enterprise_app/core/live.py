"""Live updates: whoever changes something names a topic in the transaction; after the commit every listener hears it.

Topics are `"{tenant_id}:{area}"` or `"{tenant_id}:{area}:{id}"`; ids only, never content.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "atrium_live"
_MAX_BYTES = 7999
_NOTIFY = sa.text("SELECT pg_notify(:channel, :payload)")


async def changed(session: AsyncSession, topic: str) -> None:
    """Tell all open pages of `topic` after this transaction commits; nothing is told when it rolls back."""
    if not topic or len(topic.encode()) > 200:
        raise ValueError("a live topic is 1 to 200 bytes: ids, not content")
    await notify(session, CHANNEL, topic)


async def notify(session: AsyncSession, channel: str, payload: str) -> None:
    """NOTIFY inside the transaction; equal messages of one transaction arrive once."""
    if len(payload.encode()) > _MAX_BYTES:
        raise ValueError("a notification carries less than 8000 bytes")
    await session.execute(_NOTIFY, {"channel": channel, "payload": payload})


def topic(tenant_id: UUID, area: str, entity_id: UUID | str | None = None) -> str:
    """`tenant:area` or `tenant:area:id`."""
    return f"{tenant_id}:{area}:{entity_id}" if entity_id else f"{tenant_id}:{area}"
