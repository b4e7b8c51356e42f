"""The SQL of the audit trail."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core.paging import ListField, Listing, ListQuery
from enterprise_app.core.table import table_of
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb

from .models import AuditEntryRow, AuditHeadRow, SavedFilterRow
from .rules.chain import GENESIS
from .vocabulary import Outcome

_TABLE = table_of(AuditEntryRow)
_LOCK_HEAD = text(
    "INSERT INTO audit_heads (tenant_id, seq, hash, signature) VALUES (:tenant, 0, :genesis, '') "
    "ON CONFLICT (tenant_id) DO UPDATE SET seq = audit_heads.seq RETURNING seq, hash"
)
_LOCK_VIEWS = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
BATCH = 500
AREA = "audit"
LISTING = Listing(
    fields={
        "seq": ListField(_TABLE.c.seq, int, sortable=True),
        "occurred_at": ListField(_TABLE.c.occurred_at, datetime, sortable=True),
        "actor_id": ListField(_TABLE.c.actor_id, UUID),
        "actor_kind": ListField(_TABLE.c.actor_kind),
        "actor_name": ListField(_TABLE.c.actor_name),
        "verb": ListField(_TABLE.c.verb, AuditVerb),
        "outcome": ListField(_TABLE.c.outcome, Outcome),
        "target_kind": ListField(_TABLE.c.target_kind),
        "target_id": ListField(_TABLE.c.target_id),
        "target_name": ListField(_TABLE.c.target_name),
        "ip": ListField(_TABLE.c.ip),
        "request_id": ListField(_TABLE.c.request_id),
    },
    key=_TABLE.c.seq,
    key_type=int,
    default_sort="-seq",
)
"""How the trail may be filtered and sorted; a saved view is a row of `saved_filters` in the area `audit`."""


async def lock_head(session: AsyncSession, tenant_id: UUID) -> tuple[int, str]:
    """The end of the chain, locked until the transaction ends: the tenant's next writer waits here."""
    row = (await session.execute(_LOCK_HEAD, {"tenant": tenant_id, "genesis": GENESIS})).one()
    return row.seq, row.hash


async def append(session: AsyncSession, row: Mapping[str, Any], signature: str) -> None:
    """Store an entry and move the head to it."""
    await session.execute(insert(_TABLE).values(**row))
    head = update(AuditHeadRow).where(col(AuditHeadRow.tenant_id) == row["tenant_id"])
    await session.execute(head.values(seq=row["seq"], hash=row["hash"], signature=signature))


async def find_head(session: AsyncSession, tenant_id: UUID) -> AuditHeadRow | None:
    """The stored head, unlocked."""
    found = await session.execute(select(AuditHeadRow).where(col(AuditHeadRow.tenant_id) == tenant_id))
    return found.scalar_one_or_none()


async def chains(session: AsyncSession) -> list[UUID]:
    """Every tenant that has a head or an entry; needs the system's role."""
    found = await session.execute(
        text("SELECT tenant_id FROM audit_heads UNION SELECT DISTINCT tenant_id FROM audit_log ORDER BY 1")
    )
    return list(found.scalars())


def entries(tenant_id: UUID) -> Select[Any]:
    """The tenant's entries, all columns, in no order yet."""
    return select(AuditEntryRow).where(col(AuditEntryRow.tenant_id) == tenant_id)


async def oldest_first(
    session: AsyncSession, tenant_id: UUID, wanted: ListQuery | None = None
) -> AsyncIterator[dict[str, Any]]:
    """Matching entries in the order of the chain, read in batches, so that a long chain needs no memory."""
    base = select(_TABLE).where(_TABLE.c.tenant_id == tenant_id)
    base = LISTING.filtered(base, wanted) if wanted else base
    after = -(2**62)
    while True:
        statement = base.where(_TABLE.c.seq > after).order_by(_TABLE.c.seq).limit(BATCH)
        batch = list((await session.execute(statement)).mappings())
        for row in batch:
            yield dict(row)
        if len(batch) < BATCH:
            return
        after = batch[-1]["seq"]


async def find_seq_of(session: AsyncSession, tenant_id: UUID, row_hash: str) -> int | None:
    """The number of the entry with this hash."""
    statement = select(_TABLE.c.seq).where(_TABLE.c.tenant_id == tenant_id, _TABLE.c.hash == row_hash).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


async def count(session: AsyncSession, tenant_id: UUID) -> int:
    """How many entries are stored."""
    found = await session.execute(
        text("SELECT count(*) FROM audit_log WHERE tenant_id = :tenant"), {"tenant": tenant_id}
    )
    return found.scalar_one()


async def lock_views(session: AsyncSession, tenant_id: UUID, member_id: UUID) -> None:
    """One writer of a member's views at a time: their number and their names are exact."""
    await session.execute(_LOCK_VIEWS, {"key": f"views:{AREA}:{tenant_id}:{member_id}"})


async def views_of(session: AsyncSession, tenant_id: UUID, member_id: UUID) -> Sequence[SavedFilterRow]:
    """The member's own views of the trail."""
    own = (col(SavedFilterRow.tenant_id) == tenant_id, col(SavedFilterRow.member_id) == member_id)
    return (await session.scalars(select(SavedFilterRow).where(*own, col(SavedFilterRow.area) == AREA))).all()
