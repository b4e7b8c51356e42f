"""The SQL of counters and ledger: one conditional statement each, so that nobody can slip between check and write."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_RESERVE = text(
    "INSERT INTO usage_counters AS c (tenant_id, resource, period, used) "
    "SELECT :tenant, :resource, :period, :n WHERE :granted = -1 OR :n <= :granted "
    "ON CONFLICT (tenant_id, resource, period) DO UPDATE SET used = c.used + excluded.used "
    "WHERE :granted = -1 OR c.used + excluded.used <= :granted RETURNING used"
)
_RELEASE = text(
    "UPDATE usage_counters SET used = greatest(used - :n, 0) "
    "WHERE tenant_id = :tenant AND resource = :resource AND period = :period RETURNING used"
)
_LOCK = text(
    "INSERT INTO usage_counters AS c (tenant_id, resource, period, used) VALUES (:tenant, :resource, :period, 0) "
    "ON CONFLICT (tenant_id, resource, period) DO UPDATE SET used = c.used RETURNING used"
)
_ADD = text(
    "UPDATE usage_counters SET used = used + :n "
    "WHERE tenant_id = :tenant AND resource = :resource AND period = :period RETURNING used"
)
_LEDGER = text(
    "INSERT INTO usage_ledger (tenant_id, client_id, resource, period, quantity, used_at) "
    "VALUES (:tenant, :client_id, :resource, :period, :n, :at) "
    "ON CONFLICT (tenant_id, client_id, resource) DO NOTHING RETURNING quantity"
)
_LOCK_ALL = text(
    "INSERT INTO usage_counters AS c (tenant_id, resource, period, used) SELECT :tenant, resource, period, 0 "
    "FROM unnest(cast(:resources AS text[]), cast(:periods AS text[])) AS asked (resource, period) "
    "ON CONFLICT (tenant_id, resource, period) DO UPDATE SET used = c.used RETURNING resource, used"
)
_NOTE_ALL = text(
    "WITH asked (resource, period) AS ("
    "SELECT * FROM unnest(cast(:resources AS text[]), cast(:periods AS text[]))), noted AS ("
    "INSERT INTO usage_ledger (tenant_id, client_id, resource, period, quantity, used_at) "
    "SELECT :tenant, :client_id, resource, period, :n, :at FROM asked) "
    "UPDATE usage_counters AS c SET used = c.used + :n FROM asked "
    "WHERE c.tenant_id = :tenant AND c.resource = asked.resource AND c.period = asked.period"
)
_LEDGERED = text(
    "SELECT count(*) FROM usage_ledger WHERE tenant_id = :tenant AND resource = :resource AND client_id = :client_id"
)
_USED = text("SELECT used FROM usage_counters WHERE tenant_id = :tenant AND resource = :resource AND period = :period")
_ALL = text("SELECT resource, period, used FROM usage_counters WHERE tenant_id = :tenant AND period = ANY(:periods)")
_SUM = text(
    "SELECT coalesce(sum(quantity), 0)::bigint FROM usage_ledger "
    "WHERE tenant_id = :tenant AND resource = :resource AND period = :period"
)


async def reserve(session: AsyncSession, tenant: UUID, resource: str, period: str, n: int, granted: int) -> int | None:
    """Take `n` if the grant allows; the new use, or None when it does not. The row stays locked until commit."""
    values = {"tenant": tenant, "resource": resource, "period": period, "n": n, "granted": granted}
    return (await session.execute(_RESERVE, values)).scalar_one_or_none()


async def release(session: AsyncSession, tenant: UUID, resource: str, period: str, n: int) -> None:
    """Give back `n`."""
    await session.execute(_RELEASE, {"tenant": tenant, "resource": resource, "period": period, "n": n})


async def lock_used(session: AsyncSession, tenant: UUID, resource: str, period: str) -> int:
    """The use, its row locked until commit."""
    values = {"tenant": tenant, "resource": resource, "period": period}
    return (await session.execute(_LOCK, values)).scalar_one()


async def add(session: AsyncSession, tenant: UUID, resource: str, period: str, n: int) -> int:
    """Add to a counter that exists; the new use."""
    values = {"tenant": tenant, "resource": resource, "period": period, "n": n}
    return (await session.execute(_ADD, values)).scalar_one()


async def write_ledger(
    session: AsyncSession, tenant: UUID, resource: str, period: str, n: int, client_id: str, at: datetime
) -> bool:
    """Note an amount; False when this client id was noted before."""
    values = {"tenant": tenant, "resource": resource, "period": period, "n": n, "client_id": client_id, "at": at}
    return (await session.execute(_LEDGER, values)).scalar_one_or_none() is not None


async def lock_all_used(session: AsyncSession, tenant: UUID, periods: dict[str, str]) -> dict[str, int]:
    """The use of each resource in its period, the rows locked until commit in this order: give always the same."""
    values = {"tenant": tenant, "resources": list(periods), "periods": list(periods.values())}
    return {row.resource: row.used for row in await session.execute(_LOCK_ALL, values)}


async def note_all(
    session: AsyncSession, tenant: UUID, periods: dict[str, str], n: int, client_id: str, at: datetime
) -> None:
    """Into the ledger and onto the counters, which exist, under a client id that is new."""
    values = {"tenant": tenant, "resources": list(periods), "periods": list(periods.values())}
    await session.execute(_NOTE_ALL, values | {"n": n, "client_id": client_id, "at": at})


async def in_ledger(session: AsyncSession, tenant: UUID, resource: str, client_id: str) -> bool:
    """Whether the client id was noted before."""
    values = {"tenant": tenant, "resource": resource, "client_id": client_id}
    return (await session.execute(_LEDGERED, values)).scalar_one() > 0


async def used(session: AsyncSession, tenant: UUID, resource: str, period: str) -> int:
    """The use, 0 when nothing was counted."""
    values = {"tenant": tenant, "resource": resource, "period": period}
    return (await session.execute(_USED, values)).scalar_one_or_none() or 0


async def all_used(session: AsyncSession, tenant: UUID, periods: list[str]) -> dict[tuple[str, str], int]:
    """The uses of the tenant in these periods by (resource, period)."""
    rows = await session.execute(_ALL, {"tenant": tenant, "periods": periods})
    return {(row.resource, row.period): row.used for row in rows}


async def ledger_sum(session: AsyncSession, tenant: UUID, resource: str, period: str) -> int:
    """What the ledger adds up to in a period."""
    values = {"tenant": tenant, "resource": resource, "period": period}
    return (await session.execute(_SUM, values)).scalar_one()
