"""The SQL of exposures: written in groups, each unit once, counted by variant."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.table import table_of

from ..models import EXPOSURES, VERSIONS, ExperimentRow
from ..schemas import Exposures, VariantExposures


@dataclass(frozen=True, slots=True)
class Exposure:
    """A unit saw a variant, under a version of the plan."""

    experiment_id: UUID
    unit: UUID
    variant: str
    version: int
    at: datetime
    conflicted: bool = False


_WRITE = sa.text(
    """
    INSERT INTO experiment_exposures AS e (tenant_id, experiment_id, unit, variant, version, first_at, conflicted)
    SELECT :tenant_id, * FROM unnest(
        cast(:experiments AS uuid[]), cast(:units AS uuid[]), cast(:variants AS text[]), cast(:versions AS int[]),
        cast(:moments AS timestamptz[]), cast(:conflicts AS boolean[])
    )
    ON CONFLICT (tenant_id, experiment_id, unit) DO UPDATE SET
        first_at = least(e.first_at, excluded.first_at),
        conflicted = e.conflicted OR excluded.conflicted OR e.variant <> excluded.variant
    WHERE e.first_at > excluded.first_at
        OR (NOT e.conflicted AND (excluded.conflicted OR e.variant <> excluded.variant))
    RETURNING experiment_id, xmax = 0 AS is_new
    """
)


async def write(session: AsyncSession, tenant_id: UUID, exposures: Iterable[Exposure]) -> Counter[UUID]:
    """Keep each unit's first exposure; who saw two variants is conflicted. Returns the new units by experiment.

    In one order, so that two processes with the same units wait for each other instead of deadlocking.
    """
    rows = sorted(_merged(exposures), key=lambda e: (e.experiment_id, e.unit))
    if not rows:
        return Counter()
    values = {
        "tenant_id": tenant_id,
        "experiments": [e.experiment_id for e in rows], "units": [e.unit for e in rows],
        "variants": [e.variant for e in rows], "versions": [e.version for e in rows],
        "moments": [e.at for e in rows], "conflicts": [e.conflicted for e in rows],
    }  # fmt: skip
    done = await session.execute(_WRITE, values)
    return Counter(experiment for experiment, is_new in done if is_new)


def _merged(exposures: Iterable[Exposure]) -> list[Exposure]:
    """One for each unit and experiment: the earliest, conflicted when the others say another variant."""
    found: dict[tuple[UUID, UUID], Exposure] = {}
    for told in sorted(exposures, key=lambda e: e.at):
        place = (told.experiment_id, told.unit)
        first = found.setdefault(place, told)
        if told.variant != first.variant and not first.conflicted:
            found[place] = Exposure(*place, first.variant, first.version, first.at, True)
    return list(found.values())


async def count(session: AsyncSession, experiment_ids: Sequence[UUID]) -> dict[UUID, Exposures]:
    """Units by variant, in the order of their keys, of each experiment that there is; conflicted ones apart.

    One query for all of them; one that nobody takes part in yet has no variants.
    """
    e, c = table_of(ExperimentRow).c, EXPOSURES.c
    clean = sa.not_(c.conflicted)
    same = sa.and_(c.experiment_id == e.id, c.tenant_id == e.tenant_id)
    grouped = (
        sa.select(
            e.id,
            c.variant,
            sa.func.count().filter(clean),
            sa.func.count().filter(c.conflicted),
            sa.func.min(c.first_at).filter(clean),
            sa.func.max(c.first_at).filter(clean),
        )
        .select_from(table_of(ExperimentRow).outerjoin(EXPOSURES, same))
        .where(e.id == sa.any_(sa.literal(list(experiment_ids), ARRAY(sa.Uuid))))
        .group_by(e.id, c.variant)
        .order_by(c.variant)
    )
    found: dict[UUID, list[Any]] = {}
    for experiment_id, *row in await session.execute(grouped):
        found.setdefault(experiment_id, []).extend([row] if row[0] is not None else [])
    return {experiment_id: _exposures(rows) for experiment_id, rows in found.items()}


def _exposures(rows: Sequence[Any]) -> Exposures:
    return Exposures(
        variants=[VariantExposures(variant=v, units=n, first_at=first, last_at=last) for v, n, _, first, last in rows],
        units=sum(row[1] for row in rows),
        conflicted=sum(row[2] for row in rows),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """A version of an experiment's plan, and when it held."""

    experiment_id: UUID
    key: str
    version: int
    variants: frozenset[str]
    begun_at: datetime
    ended_at: datetime | None


async def plans_of(session: AsyncSession, keys: Sequence[str], ids: Sequence[UUID]) -> list[Plan]:
    """The frozen plans of the experiments with these keys or ids, newest first."""
    e, v = table_of(ExperimentRow).c, VERSIONS.c
    wanted = sa.or_(e.key == sa.any_(sa.literal(list(keys), ARRAY(sa.Text))),
                    e.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid))))  # fmt: skip
    same = sa.and_(v.experiment_id == e.id, v.tenant_id == e.tenant_id)
    found = (
        sa.select(e.id, e.key, v.version, v.variants, v.started_at, v.ended_at)
        .select_from(VERSIONS.join(table_of(ExperimentRow), same))
        .where(wanted)
        .order_by(v.version.desc())
    )
    return [
        Plan(id_, key, version, frozenset(variant["key"] for variant in variants), begun_at, ended_at)
        for id_, key, version, variants, begun_at, ended_at in await session.execute(found)
    ]
