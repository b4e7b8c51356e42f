"""From a secret to who it stands for: what the edge asks on a cache miss. Reads across tenants, in a system session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import CredentialDisabled, CredentialExpired, CredentialUnknown
from ..models import AccessToken, Account, ApiKey, Member, Session
from .hosts import hostname, slug_of
from .memberships import Membership, find_membership, mark_seen
from .secrets import hash_secret
from .sessions import touch

TOUCH_EVERY = timedelta(minutes=1)
_KNOWN = frozenset(p.value for p in Permission)
_LIVE = sa.text(
    """
    SELECT s.id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:hosts AS text[]), CAST(:slugs AS text[])) AS shown (id, host, slug)
    JOIN sessions s ON s.id = shown.id AND s.host = shown.host AND s.revoked_at IS NULL AND s.expires_at > :at
    LEFT JOIN tenants t ON t.slug = shown.slug
    LEFT JOIN members m ON m.tenant_id = t.id AND m.account_id = s.account_id AND m.status = 'active'
    WHERE shown.slug = '' OR m.id IS NOT NULL
    """
)


@dataclass(frozen=True, slots=True)
class Credential:
    """Somebody known: the account, and for keys and tokens the one tenant they are for."""

    id: UUID
    account: Account
    expires_at: datetime | None
    tenant_id: UUID | None = None
    key: ApiKey | None = None
    scopes: frozenset[Permission] | None = field(default=None)


async def find_session(
    session: AsyncSession, *, host: str, secret: str | None = None, reference: UUID | None = None
) -> Credential:
    """The session of a cookie's secret or of a page's reference, on its own host only.

    Raises CredentialUnknown (also on another host), CredentialExpired, CredentialDisabled.
    """
    wanted = Session.id == reference if secret is None else Session.secret_hash == hash_secret(secret)
    query = sa.select(Session, Account).join(Account, Account.id == Session.account_id).where(wanted)  # pyright: ignore
    found = (await session.execute(query)).one_or_none()
    if found is None or found[0].host != hostname(host):
        raise CredentialUnknown
    row, account = found
    _check_alive(row.revoked_at, row.expires_at)
    at = now()
    if at - row.last_seen_at > TOUCH_EVERY:
        await touch(session, row, at)
    return Credential(row.id, account, row.expires_at)


async def list_live_sessions(session: AsyncSession, hosts: Mapping[UUID, str]) -> set[UUID]:
    """Of these sessions, each with the host it is used on, those that still may: one query, and no use is noted.

    On a tenant's host the account must be an active member, too.
    """
    values = {
        "ids": [str(reference) for reference in hosts],
        "hosts": [hostname(host) for host in hosts.values()],
        "slugs": [slug_of(host) or "" for host in hosts.values()],
        "at": now(),
    }
    return set((await session.scalars(_LIVE, values)).all())


async def find_access_token(session: AsyncSession, token: str) -> Credential:
    """The token's account and tenant. Raises CredentialUnknown, CredentialExpired, CredentialDisabled."""
    query = (
        sa.select(AccessToken, Account)
        .join(Account, Account.id == AccessToken.account_id)  # pyright: ignore
        .where(AccessToken.token_hash == hash_secret(token))  # pyright: ignore
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise CredentialUnknown
    row, account = found
    _check_alive(row.revoked_at, row.expires_at)
    return Credential(row.id, account, row.expires_at, row.for_tenant_id)


async def find_api_key(session: AsyncSession, key: str) -> Credential:
    """The key, its maker's account and its scopes. Raises CredentialUnknown, CredentialExpired, CredentialDisabled."""
    query = (
        sa.select(ApiKey, Account)
        .join(Member, sa.and_(Member.tenant_id == ApiKey.tenant_id, Member.id == ApiKey.member_id))  # pyright: ignore
        .join(Account, Account.id == Member.account_id)  # pyright: ignore
        .where(ApiKey.key_hash == hash_secret(key))  # pyright: ignore
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise CredentialUnknown
    row, account = found
    _check_alive(row.revoked_at, row.expires_at)
    at = now()
    if row.last_used_at is None or at - row.last_used_at > TOUCH_EVERY:
        used = sa.update(ApiKey).where(ApiKey.tenant_id == row.tenant_id, ApiKey.id == row.id)  # pyright: ignore
        await session.execute(used.values(last_used_at=at, updated_at=ApiKey.updated_at))
    scopes = frozenset(Permission(p) for p in row.permissions if p in _KNOWN)
    return Credential(row.id, account, row.expires_at, row.tenant_id, row, scopes)


async def find_active_membership(session: AsyncSession, account_id: UUID, tenant_id: UUID) -> Membership | None:
    """The membership, noted as seen now and then; the caller looks at its status."""
    membership = await find_membership(session, account_id, tenant_id)
    if membership is not None and membership.active:
        await _note(session, membership)
    return membership


async def _note(session: AsyncSession, membership: Membership) -> None:
    at, seen = now(), membership.last_seen_at
    if seen is None or at - seen > TOUCH_EVERY:
        await mark_seen(session, membership.tenant_id, membership.id, at)


def _check_alive(revoked_at: datetime | None, expires_at: datetime | None) -> None:
    if revoked_at is not None:
        raise CredentialDisabled
    if expires_at is not None and expires_at <= now():
        raise CredentialExpired
