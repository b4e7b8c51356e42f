"""Whose write key is it: looked up under the tenant that the key names, kept for seconds, so revoking works at once."""

import time
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core.context import job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics.rules.writekeys import tenant_of

KEPT_SECONDS = 3.0
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """The source of a write key, its tenant, and what the tenant wants kept of addresses."""

    tenant_id: UUID
    source_id: UUID
    allowed_origins: tuple[str, ...]
    suspended: bool
    truncate_ip: bool


_kept: dict[str, tuple[float, KeyOwner | None]] = {}
_QUERY = sa.text(
    """
    SELECT s.id, s.allowed_origins, t.status = 'suspended' AS suspended, t.ip_truncation
    FROM analytics_sources s JOIN tenants t ON t.id = s.tenant_id
    WHERE s.tenant_id = :tenant_id AND s.write_key = :key AND s.revoked_at IS NULL
    """
)


async def find_key_owner(write_key: str) -> KeyOwner | None:
    """The live source of the key; at most KEPT_SECONDS old."""
    tenant_id = tenant_of(write_key)
    if tenant_id is None:
        return None
    known = _kept.get(write_key)
    if known and time.monotonic() - known[0] < KEPT_SECONDS:
        return known[1]
    owner = await _read(tenant_id, write_key)
    if len(_kept) >= _MOST:  # guessed keys must not fill the memory
        _kept.clear()
    _kept[write_key] = (time.monotonic(), owner)
    return owner


def forget_keys() -> None:
    """Ask the database again from now on; for the listener of the topic `credentials`, and tests."""
    _kept.clear()


async def _read(tenant_id: UUID, write_key: str) -> KeyOwner | None:
    async with tenant_session(job_context(tenant_id, "write key")) as session:
        row = (await session.execute(_QUERY, {"tenant_id": tenant_id, "key": write_key})).first()
    if row is None:
        return None
    return KeyOwner(tenant_id, row.id, tuple(row.allowed_origins), row.suspended, row.ip_truncation)
