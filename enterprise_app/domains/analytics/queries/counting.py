"""How a tenant counts and how far its rollups reach, with the marks that say which slots they are wrong for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.domains.analytics.models import COUNTING, DIRTY
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import EPOCH, NEVER, Reach, Spans, dirty_spans


@dataclass(frozen=True, slots=True)
class Counting:
    """The row of a tenant. `data_version` together with the number of marks changes whenever an event is stored."""

    version: int
    rules: SessionRules
    reach: Reach
    data_version: int

    @property
    def started(self) -> bool:
        """Whether anything is rolled up."""
        return self.reach.rolled_from < NEVER


@dataclass(frozen=True, slots=True)
class Marks:
    """The marked slots, each once, and how many marks there are."""

    slots: list[datetime]
    count: int

    def spans(self, rules: SessionRules) -> Spans:
        """Where rollups are wrong."""
        return dirty_spans(self.slots, rules)


def fresh(zone: str) -> Counting:
    """How a tenant counts for which nothing is stored yet."""
    return Counting(1, SessionRules(zone=zone), Reach(zone, NEVER, EPOCH), 0)


async def find(session: AsyncSession, tenant_id: UUID, *, locked: bool = False) -> Counting | None:
    """The tenant's row, None when there is none; `locked` until the transaction ends."""
    select = sa.select(COUNTING).where(COUNTING.c.tenant_id == tenant_id)
    row = (await session.execute(select.with_for_update() if locked else select)).first()
    if row is None:
        return None
    rules = SessionRules(row.session_gap_minutes, row.cut_at_midnight, row.cut_at_campaign, row.zone)
    return Counting(row.version, rules, Reach(row.zone, row.rolled_from, row.closed_until), row.data_version)


async def add(session: AsyncSession, tenant_id: UUID, zone: str) -> None:
    """Make the row, unless somebody did: nothing is rolled up then."""
    values = {"tenant_id": tenant_id, "zone": zone, "rolled_from": NEVER, "closed_until": EPOCH}
    await session.execute(insert(COUNTING).values(**values).on_conflict_do_nothing())


async def start_over(session: AsyncSession, tenant_id: UUID, zone: str | None = None) -> bool:
    """From now on no rollup counts, until the worker has made them anew; with `zone` only if it is another one."""
    c = COUNTING.c
    changes = {"rolled_from": NEVER, "closed_until": EPOCH, "data_version": c.data_version + 1}
    update = sa.update(COUNTING).where(c.tenant_id == tenant_id)
    if zone is not None:
        update, changes = update.where(c.zone != zone), changes | {"zone": zone}
    return bool((await session.execute(update.values(**changes).returning(c.tenant_id))).all())


async def save_rules(session: AsyncSession, tenant_id: UUID, rules: SessionRules) -> None:
    """Other cuts from now on."""
    c = COUNTING.c
    values = {
        "session_gap_minutes": rules.gap_minutes, "cut_at_midnight": rules.cut_at_midnight,
        "cut_at_campaign": rules.cut_at_campaign, "version": c.version + 1,
    }  # fmt: skip
    await session.execute(sa.update(COUNTING).where(c.tenant_id == tenant_id).values(**values))


async def marks(session: AsyncSession, tenant_id: UUID) -> Marks:
    """What is marked now."""
    d = DIRTY.c
    select = sa.select(d.slot_at, sa.func.count()).where(d.tenant_id == tenant_id).group_by(d.slot_at)
    rows = (await session.execute(select)).all()
    return Marks(sorted(row[0] for row in rows), sum(row[1] for row in rows))
