"""What follows from new events, in the transaction that stores them: one place for all of it."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.queries.storing import Intake, mark_dirty, store


async def keep(session: AsyncSession, intake: Intake, lines: bytes, count: int, slots: Iterable[int]) -> set[str]:
    """Store `count` events (lines of `rules.rows`) that lie in `slots`, with their consequences.

    Returns the ids of those that had been stored before. Everything here may run again for the same events, when the
    transaction is repeated; and for other events in the same moment, in other transactions of the tenant.
    """
    repeats = await store(session, intake, lines, count)
    if len(repeats) < count:
        await mark_dirty(session, intake.tenant_id, slots)
    return repeats
