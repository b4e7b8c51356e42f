"""Notes what became of messages, for the health of the data, in the transaction that takes them."""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.queries import health
from enterprise_app.domains.analytics.queries.storing import Intake
from enterprise_app.domains.analytics.rules.record import EventRecord
from enterprise_app.domains.analytics.rules.tally import Tally


async def note_intake(
    session: AsyncSession,
    intake: Intake,
    lines: bytes,
    records: Mapping[str, EventRecord],
    repeats: Collection[str],
    rest: Tally,
) -> None:
    """Count the records (as `lines`, by id) of which `repeats` had been there, and the `rest` that is not stored.

    Comes last in its transaction: it waits for others that count for the same source, and they must not wait for it.
    """
    tally = Tally()
    tally.add(rest)
    if records:
        tally.take(lines, len(records), repeats)
        tally.take_times(intake.received_at, (r.occurred_at for key, r in records.items() if key not in repeats))
    await health.note(session, intake, tally)
