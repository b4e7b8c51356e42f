"""The SQL of metrics, and what their list may be filtered and sorted by."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.table import table_of

from ..metric_schemas import Definition, Metric
from ..models import METRIC_VERSIONS, ExperimentRow, MetricRow
from ..vocabulary import Direction, MetricKind

TABLE = table_of(MetricRow)
C = TABLE.c
_X = table_of(ExperimentRow).c
V = METRIC_VERSIONS.c

_uses = (
    sa.select(sa.func.count())
    .where(
        _X.tenant_id == C.tenant_id, _X.archived_at.is_(None),
        _X.metrics.op("@>")(sa.func.jsonb_build_array(sa.func.jsonb_build_object("metric_id", C.id))),
    )
    .scalar_subquery()
    .label("used_by")
)  # fmt: skip
COLUMNS = (
    C.id, C.key, C.name, C.description, C.definition, _uses, C.version, C.created_at, C.updated_at, C.archived_at,
)  # fmt: skip
ALL: Any = sa.select(*COLUMNS)
NOT_ARCHIVED: Any = ALL.where(C.archived_at.is_(None))

METRICS = Listing(
    fields={
        "name": ListField(C.name_key, str, sortable=True, operators=("contains",)),
        "key": ListField(C.key, str),
        "kind": ListField(C.kind, MetricKind),
        "direction": ListField(C.direction, Direction),
        "archived": ListField(C.archived_at.is_not(None), bool),
        "created_at": ListField(C.created_at, datetime, sortable=True),
        "updated_at": ListField(C.updated_at, datetime, sortable=True),
    },
    key=C.id,
)


def from_values(values: Sequence[Any]) -> Metric:
    """The values of COLUMNS (and a page's sort keys after them) as they leave."""
    named: dict[str, Any] = dict(zip((c.name for c in COLUMNS), values, strict=False))
    named["definition"] = Definition.model_validate(named["definition"])
    return Metric(**named)


async def find(session: AsyncSession, metric_id: UUID) -> Metric | None:
    """As it leaves, archived or not."""
    row = (await session.execute(ALL.where(C.id == metric_id))).first()
    return None if row is None else from_values(row)


async def lock(session: AsyncSession, metric_id: UUID) -> MetricRow | None:
    """The row, locked."""
    statement = sa.select(MetricRow).where(C.id == metric_id).with_for_update()
    found = await session.execute(statement.execution_options(populate_existing=True))
    return found.scalar_one_or_none()


async def is_key_taken(session: AsyncSession, key: str) -> bool:
    """By any metric of the tenant, archived ones included."""
    return (await session.execute(sa.select(sa.exists().where(C.key == key)))).scalar_one()


async def known(session: AsyncSession, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the ids that are metrics and not archived."""
    statement = sa.select(C.id).where(_one_of(C.id, ids), C.archived_at.is_(None))
    return set((await session.execute(statement)).scalars())


async def add_version(session: AsyncSession, row: MetricRow, number: int, at: datetime) -> None:
    """Keep the row's definition: the `number`th, in force from `at` on."""
    values = {"tenant_id": row.tenant_id, "metric_id": row.id, "number": number}
    statement = sa.insert(METRIC_VERSIONS).values(**values, definition=row.definition, valid_from=at)
    await session.execute(statement)


async def last_number(session: AsyncSession, metric_id: UUID) -> int:
    """How many definitions it had."""
    statement = sa.select(sa.func.coalesce(sa.func.max(V.number), 0)).where(V.metric_id == metric_id)
    return (await session.execute(statement)).scalar_one()


async def in_force(
    session: AsyncSession, ids: Iterable[UUID], at: datetime | None
) -> dict[UUID, tuple[str, str, int, Definition]]:
    """Key, name, number and definition of each metric as it was then, at first if it is younger; None: as it is now."""
    late = V.valid_from > (sa.literal_column("'infinity'::timestamptz") if at is None else at)
    order = (V.metric_id, late, sa.case((late, -V.number), else_=V.number).desc())
    statement = (
        sa.select(V.metric_id, C.key, C.name, V.number, V.definition)
        .join_from(METRIC_VERSIONS, TABLE, sa.and_(C.tenant_id == V.tenant_id, C.id == V.metric_id))
        .where(_one_of(V.metric_id, ids))
        .order_by(*order)
    )
    found: dict[UUID, tuple[str, str, int, Definition]] = {}
    for metric_id, key, name, number, definition in await session.execute(statement):
        found.setdefault(metric_id, (key, name, number, Definition.model_validate(definition)))
    return found


def _one_of(column: Any, ids: Iterable[UUID]) -> Any:
    return column == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))
