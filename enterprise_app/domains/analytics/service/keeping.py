"""What follows from new events, in the transaction that stores them: one place for all of it."""

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.queries.storing import Intake, store
from enterprise_app.domains.analytics.rules.sightings import without_repeats
from enterprise_app.domains.profiles import service as profiles
from enterprise_app.domains.profiles.vocabulary import Sighting


async def keep(
    session: AsyncSession,
    intake: Intake,
    lines: bytes,
    count: int,
    slots: Iterable[int],
    sightings: Sequence[Sighting],
) -> set[str]:
    """Store `count` events (lines of `rules.rows`) that lie in `slots`, with their consequences; `sightings` is what
    they say of people.

    Returns the ids of those that had been stored before. Everything here may run again for the same events, when the
    transaction is repeated; and for other events in the same moment, in other transactions of the tenant.
    """
    repeats = await store(session, intake, lines, count, slots)
    if len(repeats) < count:
        news = without_repeats(sightings, repeats) if repeats else sightings
        await profiles.note_sightings(session, intake.tenant_id, news, imported=intake.forever)
    return repeats
