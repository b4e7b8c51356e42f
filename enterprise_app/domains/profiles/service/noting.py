"""Taking note of people while events are stored: cheap rows, folded by the worker a moment later."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from .. import queries
from ..vocabulary import Sighting


async def note_sightings(
    session: AsyncSession, tenant_id: UUID, sightings: Sequence[Sighting], *, imported: bool = False
) -> None:
    """Write what events say of people, in the transaction that stores the events. Part of storing them."""
    if sightings:
        await queries.note(session, tenant_id, sightings, imported=imported)
