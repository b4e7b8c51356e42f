"""The SQL of what was frozen at a decision beside its results. Written once: a second time changes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ..models import EVIDENCE, ExperimentRow
from ..vocabulary import EvidenceKind

E = EVIDENCE.c


async def find(session: AsyncSession, experiment_id: UUID, kind: EvidenceKind, about: str) -> Mapping[str, Any] | None:
    """One piece; None when it was not frozen."""
    wanted = (E.experiment_id == experiment_id, E.kind == kind.value, E.about == about)
    return await session.scalar(sa.select(EVIDENCE.c.body).where(*wanted))


async def list_all(session: AsyncSession, experiment_id: UUID, kind: EvidenceKind) -> dict[str, Mapping[str, Any]]:
    """All pieces of a kind, by what they are about."""
    statement = sa.select(E.about, E.body).where(E.experiment_id == experiment_id, E.kind == kind.value)
    return {row.about: row.body for row in await session.execute(statement)}


async def known(session: AsyncSession, experiment_id: UUID) -> set[tuple[str, str]]:
    """Kind and subject of what is there."""
    statement = sa.select(E.kind, E.about).where(E.experiment_id == experiment_id)
    return {(kind, about) for kind, about in await session.execute(statement)}


async def store(
    session: AsyncSession, row: ExperimentRow, kind: EvidenceKind, about: str, body: Mapping[str, Any], at: datetime
) -> None:
    """Unless it is there: two workers may freeze the same."""
    values = {
        "tenant_id": row.tenant_id, "experiment_id": row.id, "kind": kind.value, "about": about, "body": dict(body),
        "frozen_at": at,
    }  # fmt: skip
    await session.execute(insert(EVIDENCE).values(values).on_conflict_do_nothing())
