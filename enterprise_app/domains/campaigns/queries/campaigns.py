"""The SQL of campaigns, and what their list may be filtered and sorted by."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.stored import as_stored
from enterprise_app.core.table import table_of

from ..models import CampaignRow
from ..schemas import Budget, Campaign
from ..vocabulary import CampaignChannel, CampaignObjective, CampaignStatus

TABLE = table_of(CampaignRow)
C = TABLE.c
KIND = "campaign"

COLUMNS = (
    C.id, C.name, C.objective, C.description, C.status, C.budget_minor, C.budget_currency, C.starts_on, C.ends_on,
    C.channels, C.tags, C.owner_id, C.version, C.created_at, C.updated_at, C.archived_at,
)  # fmt: skip

ALL: Any = sa.select(*COLUMNS)
NOT_ARCHIVED: Any = ALL.where(C.archived_at.is_(None))
"""The selects of the list: one value each, so that a page's statement is built once (`Listing`)."""

_BOUNDS = ("lt", "lte", "gt", "gte")

LISTING = Listing(
    fields={
        "name": ListField(C.name_key, str, sortable=True, operators=()),
        "status": ListField(C.status, CampaignStatus, sortable=True),
        "objective": ListField(C.objective, CampaignObjective),
        "channel": ListField(sa.func.array_to_string(C.channels, " "), str, operators=("contains",)),
        "tag": ListField(sa.func.array_to_string(C.tags, "\n"), str, operators=("contains",)),
        "owner_id": ListField(C.owner_id, UUID, nullable=True),
        "budget": ListField(C.budget_minor, Decimal, sortable=True, nullable=True, operators=_BOUNDS),
        "starts_on": ListField(C.starts_on, date, sortable=True, nullable=True),
        "ends_on": ListField(C.ends_on, date, sortable=True, nullable=True),
        "created_at": ListField(C.created_at, datetime, sortable=True),
        "updated_at": ListField(C.updated_at, datetime, sortable=True),
    },
    key=C.id,
    searchable=True,
)


_NAMES = tuple(column.name for column in COLUMNS)
_OBJECTIVES = {objective.value: objective for objective in CampaignObjective}
_STATUSES = {status.value: status for status in CampaignStatus}
_CHANNELS = {channel.value: channel for channel in CampaignChannel}


def to_campaign(row: Any) -> Campaign:
    """A row of COLUMNS (or a CampaignRow) as it leaves."""
    return from_values(tuple(getattr(row, name) for name in _NAMES))


def from_values(values: Sequence[Any]) -> Campaign:
    """The values of COLUMNS (and a page's sort keys after them) as they leave; no need to check what is stored."""
    # Spelled out: this runs for every row of every list.
    id_, name, objective, description, status, minor, currency, starts_on, ends_on = values[:9]
    channels, tags, owner_id, version, created_at, updated_at, archived_at = values[9:16]
    return as_stored(
        Campaign,
        {
            "id": id_,
            "name": name,
            "objective": _OBJECTIVES[objective],
            "description": description,
            "status": _STATUSES[status],
            "budget": None if minor is None else as_stored(Budget, {"amount_minor": minor, "currency": currency}),
            "starts_on": starts_on,
            "ends_on": ends_on,
            "channels": [_CHANNELS[channel] for channel in channels],
            "tags": tags,
            "owner_id": owner_id,
            "version": version,
            "created_at": created_at,
            "updated_at": updated_at,
            "archived_at": archived_at,
        },
    )


def is_one_of(ids: Sequence[UUID]) -> Any:
    """A condition on the id; one array instead of a parameter for each."""
    return C.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))


async def find_row(session: AsyncSession, campaign_id: UUID) -> CampaignRow | None:
    """The row, unlocked."""
    return (await session.execute(sa.select(CampaignRow).where(C.id == campaign_id))).scalar_one_or_none()


async def lock_rows(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, CampaignRow]:
    """The rows, locked in the order of their ids, so that two bulk actions can't deadlock."""
    statement = sa.select(CampaignRow).where(C.id.in_(ids)).order_by(C.id).with_for_update()
    statement = statement.execution_options(populate_existing=True)
    return {row.id: row for row in (await session.execute(statement)).scalars()}


async def position_of(session: AsyncSession, row: CampaignRow) -> int:
    """Where it stands among those that count, 1 = oldest."""
    older = sa.tuple_(C.created_at, C.id) <= sa.tuple_(sa.literal(row.created_at), sa.literal(row.id))
    statement = sa.select(sa.func.count()).select_from(TABLE).where(C.archived_at.is_(None), older)
    return (await session.execute(statement)).scalar_one()


async def count_counted(session: AsyncSession, tenant_id: UUID) -> int:
    """How many count towards the plan: those not archived."""
    statement = sa.select(sa.func.count()).select_from(TABLE).where(C.tenant_id == tenant_id, C.archived_at.is_(None))
    return (await session.execute(statement)).scalar_one()


async def count_by_status(session: AsyncSession) -> dict[CampaignStatus, int]:
    """How many of each status."""
    rows = await session.execute(sa.select(C.status, sa.func.count()).group_by(C.status))
    return {CampaignStatus(status): number for status, number in rows}


async def newest_of(session: AsyncSession, status: CampaignStatus, limit: int) -> list[Campaign]:
    """The newest campaigns of a status."""
    statement = sa.select(*COLUMNS).where(C.status == status.value).order_by(C.created_at.desc(), C.id.desc())
    return [from_values(row) for row in await session.execute(statement.limit(limit))]


async def overlapping(session: AsyncSession, start: date, end: date, limit: int) -> list[Campaign]:
    """Campaigns with a day in the span; one without an end lasts a day, one without a start lies on its end."""
    first, last = sa.func.coalesce(C.starts_on, C.ends_on), sa.func.coalesce(C.ends_on, C.starts_on)
    statement = sa.select(*COLUMNS).where(C.archived_at.is_(None), first <= end, last >= start)
    return [from_values(row) for row in await session.execute(statement.order_by(first, C.id).limit(limit))]


async def names_like(session: AsyncSession, stem: str) -> set[str]:
    """The names that begin with `stem`."""
    statement = sa.select(C.name).where(C.name.startswith(stem, autoescape=True))
    return set((await session.execute(statement)).scalars())
