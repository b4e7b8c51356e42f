"""Whose write key is it: looked up under the tenant that the key names; kept for seconds, or until it changes."""

import time
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.domains.analytics.models import SourceRow
from enterprise_app.domains.analytics.rules.writekeys import tenant_of
from enterprise_app.domains.analytics.vocabulary import DoNotTrack, SourceKind
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.vocabulary import TenantStatus

KEPT_SECONDS = 3.0
_MOST = 10_000
_COLUMNS = SourceRow.__table__.c  # pyright: ignore


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The source of a write key, its tenant, and what they want kept of addresses and of those who ask not to be
    tracked."""

    tenant_id: UUID
    source_id: UUID
    allowed_origins: tuple[str, ...]
    suspended: bool
    truncate_ip: bool
    do_not_track: DoNotTrack = DoNotTrack.ANONYMISE
    entitlements: Entitlements = field(default_factory=Entitlements)


_kept: dict[str, tuple[float, KeyOwner | None]] = {}
_generation = 0


async def find_key_owner(write_key: str) -> KeyOwner | None:
    """The live source of the key; at most KEPT_SECONDS old."""
    known = _kept.get(write_key)
    if known and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1]
    tenant_id = tenant_of(write_key)
    if tenant_id is None:
        return None
    generation = _generation
    owner = await _read(tenant_id, write_key)
    if generation == _generation:  # else it may have changed while it was read
        if len(_kept) >= _MOST:  # guessed keys must not fill the memory
            _kept.clear()
        _kept[write_key] = (time.monotonic(), owner)
    return owner


def forget_keys() -> None:
    """Ask the database again from now on: for the live listener when keys, tenants or plans change, and tests."""
    global _generation
    _generation += 1
    _kept.clear()


async def _read(tenant_id: UUID, write_key: str) -> KeyOwner | None:
    ctx = job_context(tenant_id, "write key")
    query = sa.select(SourceRow).where(
        _COLUMNS.tenant_id == tenant_id,
        _COLUMNS.write_key == write_key,
        _COLUMNS.revoked_at.is_(None),
        _COLUMNS.kind != SourceKind.PLATFORM,
    )
    async with tenant_session(ctx) as session:
        row = (await session.execute(query)).scalar_one_or_none()
        return await owner_of(session, ctx, row) if row else None


async def owner_of(session: AsyncSession, ctx: Context, row: SourceRow) -> KeyOwner:
    """The source with its tenant, as they are now."""
    tenant = await tenancy.get_current(session, ctx)
    suspended = tenant.status == TenantStatus.SUSPENDED
    return KeyOwner(
        row.tenant_id,
        row.id,
        tuple(row.allowed_origins),
        suspended,
        tenant.ip_truncation,
        DoNotTrack(row.do_not_track),
        tenancy.entitlements_of(tenant, now()),
    )
