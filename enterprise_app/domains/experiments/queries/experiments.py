"""The SQL of experiments and their frozen plans, and what their list may be filtered and sorted by."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.table import table_of

from ..models import VERSIONS, ExperimentRow, FlagRow
from ..schemas import Experiment, PlanVersion
from ..vocabulary import ExperimentState

TABLE = table_of(ExperimentRow)
C = TABLE.c
KIND = "experiment"
_decision = C.decision.op("-", return_type=JSONB)(sa.literal_column("'results'::text")).label("decision")
COLUMNS = tuple(_decision if name == "decision" else C[name] for name in Experiment.model_fields)
"""What a list shows: decisions without the results that were frozen with them, which are large."""
ALL: Any = sa.select(*COLUMNS)
NOT_ARCHIVED: Any = ALL.where(C.archived_at.is_(None))

LISTING = Listing(
    fields={
        "name": ListField(C.name_key, str, sortable=True, operators=()),
        "key": ListField(C.key, str, operators=("eq", "in")),
        "state": ListField(C.state, ExperimentState, sortable=True),
        "campaign_id": ListField(C.campaign_id, UUID, nullable=True),
        "layer_id": ListField(C.layer_id, UUID, nullable=True),
        "started_at": ListField(C.started_at, datetime, sortable=True, nullable=True),
        "created_at": ListField(C.created_at, datetime, sortable=True),
        "updated_at": ListField(C.updated_at, datetime, sortable=True),
    },
    key=C.id,
    searchable=True,
)


def to_experiment(row: ExperimentRow) -> Experiment:
    """The row as it leaves."""
    return Experiment.model_validate(row)


def with_changes(row: ExperimentRow, changed: Mapping[str, Any]) -> Experiment:
    """As it would leave with other values in some columns."""
    return Experiment.model_validate({name: getattr(row, name) for name in Experiment.model_fields} | dict(changed))


def from_values(values: Any) -> Experiment:
    """The values of COLUMNS as they leave."""
    return Experiment.model_validate(values)


def is_one_of(ids: Sequence[UUID]) -> Any:
    """A condition on the id; one array instead of a parameter for each."""
    return C.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))


async def find_row(session: AsyncSession, experiment_id: UUID, *, lock: bool = False) -> ExperimentRow | None:
    """The row; with `lock`, as it is now and until the transaction ends."""
    statement = sa.select(ExperimentRow).where(C.id == experiment_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def list_running(session: AsyncSession) -> list[ExperimentRow]:
    """What may be served."""
    return list(await session.scalars(sa.select(ExperimentRow).where(C.state == ExperimentState.RUNNING.value)))


async def keys_like(session: AsyncSession, stem: str) -> set[str]:
    """The keys of experiments and flags that begin with `stem`: both share a name space."""
    flags = table_of(FlagRow).c.key
    experiments = sa.select(C.key).where(C.key.startswith(stem, autoescape=True))
    both = sa.union_all(experiments, sa.select(flags).where(flags.startswith(stem, autoescape=True)))
    return set((await session.execute(both)).scalars())


async def names_like(session: AsyncSession, stem: str) -> set[str]:
    """The names that begin with `stem`."""
    return set(await session.scalars(sa.select(C.name).where(C.name.startswith(stem, autoescape=True))))


async def slots_taken(session: AsyncSession, layer_id: UUID) -> list[tuple[int, int]]:
    """The ranges of a layer that running experiments have."""
    held = sa.select(C.slots).where(C.layer_id == layer_id, C.state == ExperimentState.RUNNING.value)
    return [(begin, end) for slots in await session.scalars(held) for begin, end in slots or ()]


async def list_versions(session: AsyncSession, experiment_id: UUID) -> list[PlanVersion]:
    """What was frozen, newest first."""
    v = VERSIONS.c
    statement = sa.select(VERSIONS).where(v.experiment_id == experiment_id).order_by(v.version.desc())
    return [PlanVersion.model_validate(row) for row in await session.execute(statement)]


async def moved(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the experiments whose variants or weights were not always the same."""
    v = VERSIONS.c
    many = sa.func.count(sa.distinct(v.variants)) > 1
    wanted = v.experiment_id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))
    return set(await session.scalars(sa.select(v.experiment_id).where(wanted).group_by(v.experiment_id).having(many)))


async def add_version(session: AsyncSession, row: ExperimentRow, at: datetime, frozen_at: datetime) -> None:
    """Freeze the plan as it is now, to hold since `at`, and close the one before."""
    v = VERSIONS.c
    earlier = sa.update(VERSIONS).where(v.experiment_id == row.id, v.ended_at.is_(None)).values(ended_at=at)
    await session.execute(earlier)
    frozen = {
        "tenant_id": row.tenant_id, "experiment_id": row.id, "version": row.plan_version, "variants": row.variants,
        "targeting": row.targeting, "coverage": row.coverage, "settings": row.settings, "metrics": row.metrics,
        "started_at": at, "frozen_at": frozen_at,
    }  # fmt: skip
    await session.execute(sa.insert(VERSIONS).values(frozen))


async def close_version(session: AsyncSession, row: ExperimentRow, at: datetime) -> None:
    """Nothing is planned any more."""
    v = VERSIONS.c
    await session.execute(
        sa.update(VERSIONS).where(v.experiment_id == row.id, v.ended_at.is_(None)).values(ended_at=at)
    )


async def last_version_at(session: AsyncSession, experiment_id: UUID) -> datetime | None:
    """When the newest plan began."""
    v = VERSIONS.c
    return await session.scalar(sa.select(sa.func.max(v.started_at)).where(v.experiment_id == experiment_id))
