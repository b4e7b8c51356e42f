"""Writes rollups: whatever is in them is counted anew from the events, never added to, in one snapshot with them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.elements import Grouping

from enterprise_app.domains.analytics.models import COUNTING, DIRTY, EVENTS, ROLLUPS
from enterprise_app.domains.analytics.queries import following
from enterprise_app.domains.analytics.queries.overview import UTM
from enterprise_app.domains.analytics.queries.sessions import activity, times, within
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import EPOCH, SLOT, Spans
from enterprise_app.domains.analytics.vocabulary import EventType

DIMS: dict[str, tuple[str, ...]] = {
    "channel": ("channel",),
    "referrer": ("referrer_host",),
    "utm": UTM,
    "page": ("path", "host"),
}
ALL = "all"
SUMS = ("page_views", "sessions", "events", "humans", "bots", "requests")
_READ = ("occurred_at", "visitor_id", "type", "channel", "referrer_host", *UTM, "path", "host")
_NONE: Any = sa.literal_column("0::bigint")
_NOBODY: Any = sa.literal_column("''::bytea")
_LOCK = 0x726F6C6C
_TRANSACTION = sa.text("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")


async def try_lock(session: AsyncSession, tenant_id: UUID) -> bool:
    """Whether nobody else rolls up this tenant: held until the transaction ends."""
    key = int.from_bytes(tenant_id.bytes[-8:], signed=True) ^ _LOCK
    return bool(await session.scalar(sa.text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}))


async def prepare(session: AsyncSession) -> None:
    """Memory for sorting a month of events, for this transaction."""
    await session.execute(_TRANSACTION)


async def redo(
    session: AsyncSession,
    tenant_id: UUID,
    spans: Spans,
    rules: SessionRules,
    *,
    days: Sequence[datetime] | None = None,
) -> None:
    """Count the spans anew, whole slots each. With `days` (their starts) they are closed local days, else slots."""
    r = ROLLUPS.c
    await session.execute(sa.delete(ROLLUPS).where(r.tenant_id == tenant_id, within(r.start_at, spans)))
    shown = _placed(activity(tenant_id, spans, rules, _READ), days)
    others = _placed(_others(tenant_id, spans), days)
    if days is None:
        parts = [_sums(shown, others, "slot", "slot"), *(_entries(shown, "slot", "slot", dim) for dim in DIMS)]
    else:
        parts = [_sums(shown, others, "slot", "slot"), _sums(shown, others, "day", "day")]
        parts += [_entries(shown, "day", "day", dim) for dim in DIMS]
    rows = sa.select(sa.literal(tenant_id, sa.Uuid), *sa.union_all(*parts).subquery().c)
    await session.execute(sa.insert(ROLLUPS).from_select([column.name for column in ROLLUPS.columns], rows))


async def drop(session: AsyncSession, tenant_id: UUID, start: datetime, end: datetime) -> None:
    """Delete the rows that begin in between."""
    r = ROLLUPS.c
    await session.execute(sa.delete(ROLLUPS).where(r.tenant_id == tenant_id, r.start_at >= start, r.start_at < end))


async def forget_marks(session: AsyncSession, tenant_id: UUID, since: datetime) -> None:
    """Delete the marks from there on that this snapshot sees, and only those; followers are told of them."""
    done = sa.delete(DIRTY).where(DIRTY.c.tenant_id == tenant_id, DIRTY.c.slot_at >= since)
    await following.hand_on(session, tenant_id, done.returning(DIRTY.c.slot_at, DIRTY.c.removed).cte("done"))


async def edge_of_events(session: AsyncSession, tenant_id: UUID, before: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last event before a time, of any kind."""
    e = EVENTS.c
    base = sa.select(e.occurred_at).where(e.tenant_id == tenant_id, e.occurred_at < before).limit(1)
    first = await session.scalar(base.order_by(e.occurred_at))
    last = await session.scalar(base.order_by(e.occurred_at.desc()))
    return None if first is None or last is None else (first, last)


async def note(session: AsyncSession, tenant_id: UUID, **changes: Any) -> None:
    """Save how far the rollups reach now; whoever cached a result notices."""
    c = COUNTING.c
    values = changes | {"data_version": c.data_version + 1}
    await session.execute(sa.update(COUNTING).where(c.tenant_id == tenant_id).values(**values))


def _others(tenant_id: UUID, spans: Spans) -> sa.CTE:
    e = EVENTS.c
    chosen = sa.or_(e.is_bot, e.type == EventType.REQUEST)
    select = sa.select(e.occurred_at, e.is_bot)
    return select.where(e.tenant_id == tenant_id, within(e.occurred_at, spans), chosen).cte("others")


def _placed(rows: sa.CTE, days: Sequence[datetime] | None) -> sa.CTE:
    """With the slot of each event, and with its day where there are days."""
    at = rows.c.occurred_at
    columns = [*rows.c, sa.func.date_bin(SLOT, at, EPOCH).label("slot")]
    if days is not None:
        starts = times(days)
        columns.append(Grouping(starts)[sa.func.width_bucket(at, starts)].label("day"))
    return sa.select(*columns).cte(f"{rows.name}_placed")


def _sums(shown: sa.CTE, others: sa.CTE, grain: str, place: str) -> Any:
    """The row of everything, for each slot or day that has any event."""
    s, o = shown.c, others.c
    people = _by_visitor(shown, [s[place].label("at")])
    p = people.c
    humans = sa.select(
        p.at, *(sa.func.sum(p[name]).label(name) for name in (*SUMS[:3], "humans")), _NONE.label("bots"),
        _NONE.label("requests"), _visitors(p.visitor_id).label("visitors"),
    ).group_by(p.at)  # fmt: skip
    machines = sa.select(
        o[place].label("at"), *(_NONE.label(name) for name in (*SUMS[:3], "humans")),
        sa.func.count().filter(o.is_bot).label("bots"), sa.func.count().filter(~o.is_bot).label("requests"),
        _NOBODY.label("visitors"),
    ).group_by(o[place])  # fmt: skip
    both = sa.union_all(humans, machines).subquery()
    b = both.c
    nothing = sa.cast(array([], type_=sa.Text), ARRAY(sa.Text))
    columns = _head(grain, ALL, b.at, nothing, sa.literal_column("'00000000-0000-0000-0000-000000000000'::uuid"))
    numbers = [sa.cast(sa.func.sum(b[name]), sa.BigInteger).label(name) for name in SUMS]
    joined = sa.func.string_agg(b.visitors, _NOBODY).label("visitors")
    return sa.select(*columns, *numbers, joined).group_by(b.at)


def _entries(shown: sa.CTE, grain: str, place: str, dim: str) -> Any:
    """A row for each value of the dimension: of the sessions that began with it, of pages also of their views."""
    s = shown.c
    by = [s[name] for name in DIMS[dim]]
    chosen = sa.and_(s.type == EventType.PAGE, s.path.is_not(None)) if dim == "page" else s.starts
    if dim == "utm":
        chosen = sa.and_(chosen, sa.or_(*(column.is_not(None) for column in by)))
    people = _by_visitor(shown, [s[place].label("at"), *by], chosen)
    p = people.c
    names = [p[column.name] for column in by]
    value = array(names, type_=sa.Text)
    views = sa.func.sum(p.page_views) if dim == "page" else _NONE
    numbers = [
        views.label("page_views"),
        sa.func.sum(p.sessions).label("sessions"),
        *(_NONE.label(n) for n in SUMS[2:]),
    ]
    columns = _head(grain, dim, p.at, value, key_of(value))
    return sa.select(*columns, *numbers, _visitors(p.visitor_id).label("visitors")).group_by(p.at, *names)


def _head(grain: str, dim: str, at: Any, value: Any, key: Any) -> list[Any]:
    return [
        sa.literal_column(f"'{grain}'::text").label("grain"), sa.literal_column(f"'{dim}'::text").label("dim"),
        at.label("start_at"), key.label("key"), value.label("value"),
    ]  # fmt: skip


def _by_visitor(shown: sa.CTE, by: list[Any], chosen: Any = None) -> Any:
    """Counted for each visitor first: so each is in a set once, and no sorting is needed."""
    s = shown.c
    select = sa.select(
        *by,
        s.visitor_id,
        sa.func.count().filter(s.type == EventType.PAGE).label("page_views"),
        sa.func.count().filter(s.starts).label("sessions"),
        sa.func.count().filter(s.type == EventType.TRACK).label("events"),
        sa.func.count().label("humans"),
    ).group_by(*(column.element if isinstance(column, sa.Label) else column for column in by), s.visitor_id)
    return (select if chosen is None else select.where(chosen)).subquery()


def _visitors(visitor_id: Any) -> Any:
    """The set as bytes. Ids are hashes (rules/keys.py): their last 62 random bits tell visitors apart."""
    return sa.func.string_agg(short_id(visitor_id), _NOBODY, type_=BYTEA)


def short_id(visitor_id: Any) -> Any:
    """The last 8 bytes of an id."""
    return sa.func.substr(sa.func.uuid_send(visitor_id), 9, type_=BYTEA)


def key_of(value: Any) -> Any:
    """A short key for a value of any length; the text of an array tells null from empty."""
    return sa.cast(sa.func.md5(sa.cast(value, sa.Text)), sa.Uuid)
