"""The SQL of flags, layers and hold-outs, and what their lists may be filtered and sorted by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.table import table_of

from ..flag_schemas import Flag, Holdout, Layer
from ..models import ExperimentRow, FlagRow, HoldoutRow, LayerRow
from ..vocabulary import ExperimentState, FlagKind

F = table_of(FlagRow).c
KIND = "flag"
LAYER_KIND, HOLDOUT_KIND = "experiment_layer", "experiment_holdout"
ALL: Any = sa.select(FlagRow)
NOT_ARCHIVED: Any = ALL.where(F.archived_at.is_(None))

LISTING = Listing(
    fields={
        "name": ListField(F.name_key, str, sortable=True, operators=()),
        "key": ListField(F.key, str, sortable=True, operators=("eq", "in")),
        "kind": ListField(F.kind, FlagKind),
        "enabled": ListField(F.enabled, bool),
        "experiment_id": ListField(F.experiment_id, UUID, nullable=True),
        "archived": ListField(F.archived_at.is_not(None), bool),
        "created_at": ListField(F.created_at, datetime, sortable=True),
        "updated_at": ListField(F.updated_at, datetime, sortable=True),
    },
    key=F.id,
    searchable=True,
)
R = TypeVar("R", FlagRow, LayerRow, HoldoutRow)


def _listing(model: Any) -> Listing:
    c = table_of(model).c
    return Listing(
        fields={
            "name": ListField(c.name_key, str, sortable=True, operators=()),
            "key": ListField(c.key, str, sortable=True, operators=("eq", "in")),
            "archived": ListField(c.archived_at.is_not(None), bool),
            "created_at": ListField(c.created_at, datetime, sortable=True),
        },
        key=c.id,
    )


LAYERS, HOLDOUTS = _listing(LayerRow), _listing(HoldoutRow)
SELECTS: dict[Any, tuple[Any, Any]] = {
    model: (sa.select(model), sa.select(model).where(table_of(model).c.archived_at.is_(None)))
    for model in (LayerRow, HoldoutRow)
}
"""Model → the selects of its list, with archived ones and without."""


def to_flag(row: FlagRow) -> Flag:
    """The row as it leaves."""
    return Flag.model_validate(row)


def to_layer(row: LayerRow) -> Layer:
    """The row as it leaves."""
    return Layer.model_validate(row)


def to_holdout(row: HoldoutRow) -> Holdout:
    """The row as it leaves."""
    return Holdout.model_validate(row)


async def find_row(session: AsyncSession, model: type[R], row_id: UUID, *, lock: bool = False) -> R | None:
    """The row; with `lock`, as it is now and until the transaction ends."""
    statement = sa.select(model).where(table_of(model).c.id == row_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def flag_of(session: AsyncSession, experiment_id: UUID) -> FlagRow:
    """The flag that was made with the experiment, locked."""
    statement = sa.select(FlagRow).where(F.experiment_id == experiment_id).with_for_update()
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one()


async def list_rows(session: AsyncSession, model: type[R]) -> list[R]:
    """All that are not archived."""
    return list(await session.scalars(sa.select(model).where(table_of(model).c.archived_at.is_(None))))


async def is_key_taken(session: AsyncSession, key: str) -> bool:
    """Whether a flag or an experiment has the key, archived ones included: both share a name space."""
    e = table_of(ExperimentRow).c
    taken = sa.or_(sa.exists().where(F.key == key), sa.exists().where(e.key == key))
    return bool(await session.scalar(sa.select(taken)))


@dataclass(frozen=True, slots=True)
class Known:
    """What a flag needs to be known for by others: its variations' keys, and the flags it needs itself."""

    variations: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]


async def list_known(session: AsyncSession) -> dict[str, Known]:
    """All flags that are not archived, by key."""
    rows = await session.execute(sa.select(F.key, F.variations, F.prerequisites).where(F.archived_at.is_(None)))
    return {
        key: Known(
            tuple(variation["key"] for variation in variations),
            {needed["flag"]: tuple(needed["variations"]) for needed in prerequisites},
        )
        for key, variations, prerequisites in rows
    }


async def known_experiments(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids that are experiments of the tenant, not archived."""
    e = table_of(ExperimentRow).c
    wanted = e.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))
    return set(await session.scalars(sa.select(e.id).where(wanted, e.archived_at.is_(None))))


def is_one_of(ids: Sequence[UUID]) -> Any:
    """A condition on the id; one array instead of a parameter for each."""
    return F.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))


async def lock_prerequisites(session: AsyncSession, tenant_id: UUID) -> None:
    """One writer of a tenant's prerequisites at a time: two at once could close a circle that neither sees."""
    number = int.from_bytes(tenant_id.bytes[-8:], signed=True) ^ 0x666C616773
    await session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": number})


async def experiments_by_layer(session: AsyncSession, layer_id: UUID) -> int:
    """How many running experiments stand in the layer."""
    e = table_of(ExperimentRow).c
    running = sa.select(sa.func.count()).where(e.layer_id == layer_id, e.state == ExperimentState.RUNNING.value)
    return (await session.execute(running)).scalar_one()
