"""API keys: shown once, kept hashed, never more than their maker may."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import Forbidden, Invalid, NotFound
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from ..events import ApiKeyCreated as ApiKeyCreatedFact
from ..events import ApiKeyRevoked
from ..models import ApiKey
from ..rules.names import clean_name
from ..schemas import ApiKeyCreated, ApiKeyRequest, ApiKeyView
from .secrets import API_KEY_PREFIX, hash_secret, new_secret
from .sessions import CREDENTIALS

NAME_LENGTH = 100
_KNOWN = frozenset(p.value for p in Permission)
KEYS = Listing(
    fields={
        "name": ListField(ApiKey.name, sortable=True),
        "created_at": ListField(ApiKey.created_at, datetime, sortable=True),
        "expires_at": ListField(ApiKey.expires_at, datetime, sortable=True, nullable=True),
        "last_used_at": ListField(ApiKey.last_used_at, datetime, sortable=True, nullable=True),
    },
    key=ApiKey.id,
)


async def create_api_key(session: AsyncSession, ctx: Context, wanted: ApiKeyRequest) -> ApiKeyCreated:
    """A key of the calling member, with the key itself this once. Raises Invalid, Forbidden. Needs api_keys:manage."""
    ctx.require(Permission.API_KEYS_MANAGE)
    if ctx.actor.kind is not ActorKind.MEMBER or ctx.actor.id is None:
        raise Forbidden("keys_by_members_only")
    key = new_secret(API_KEY_PREFIX)
    row = ApiKey(
        tenant_id=ctx.tenant_id,
        name=clean_name(wanted.name, maximum=NAME_LENGTH),
        key_hash=hash_secret(key),
        last4=key[-4:],
        permissions=_scopes(ctx, wanted.permissions),
        member_id=ctx.actor.id,
        member_name=ctx.actor.name,
        expires_at=_expiry(wanted.expires_at),
    )
    session.add(row)
    await session.flush()
    await events.publish(session, ctx, ApiKeyCreatedFact(tenant_id=ctx.tenant_id, entity_id=row.id, name=row.name))
    await live.changed(session, live.topic(ctx.tenant_id, "api_keys"))
    after = {"permissions": row.permissions, "last4": row.last4}
    await audit.record(session, ctx, AuditVerb.API_KEY_CREATED, _target(row), after=after)
    return ApiKeyCreated(**_view(row).model_dump(), key=key)


async def list_api_keys(session: AsyncSession, ctx: Context, query: ListQuery | None = None) -> Page[ApiKeyView]:
    """A page of keys, revoked ones too. Needs api_keys:read."""
    ctx.require(Permission.API_KEYS_READ)
    select = sa.select(ApiKey).where(col(ApiKey.tenant_id) == ctx.tenant_id)
    page = await KEYS.page(session, select, query or KEYS.parse())
    return Page([_view(row) for row in page.items], page.next_cursor, page.total)


async def revoke_api_key(session: AsyncSession, ctx: Context, key_id: UUID) -> None:
    """End a key within seconds everywhere; one that ended already stays so. Needs api_keys:manage."""
    ctx.require(Permission.API_KEYS_MANAGE)
    query = sa.select(ApiKey).where(col(ApiKey.tenant_id) == ctx.tenant_id, col(ApiKey.id) == key_id)
    row = (await session.scalars(query.with_for_update())).one_or_none()
    if row is None:
        raise NotFound
    if row.revoked_at is not None:
        return
    row.revoked_at = now()
    await session.flush()
    await events.publish(session, ctx, ApiKeyRevoked(tenant_id=ctx.tenant_id, entity_id=row.id, name=row.name))
    await live.changed(session, live.topic(ctx.tenant_id, "api_keys"))
    await live.changed(session, CREDENTIALS)
    await audit.record(session, ctx, AuditVerb.API_KEY_REVOKED, _target(row))


def _scopes(ctx: Context, wanted: list[str] | None) -> list[str]:
    """The named permissions, all of which the maker has; without names all of the maker's."""
    if wanted is None:
        return sorted(ctx.permissions)
    unknown = [name for name in wanted if name not in _KNOWN]
    if unknown or not wanted:
        raise Invalid.of("permissions", "permission_unknown", names=", ".join(n[:50] for n in unknown[:10]))
    lacking = [name for name in wanted if Permission(name) not in ctx.permissions]
    if lacking:
        raise Forbidden("permission_not_grantable", permissions=", ".join(lacking))
    return sorted(set(wanted))


def _expiry(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    at = value if value.tzinfo else value.replace(tzinfo=UTC)
    if at <= now():
        raise Invalid.of("expires_at", "must_be_future")
    return at


def _view(row: ApiKey) -> ApiKeyView:
    return ApiKeyView(
        id=row.id,
        name=row.name,
        last4=row.last4,
        permissions=[Permission(p) for p in row.permissions if p in _KNOWN],
        created_by=row.member_name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _target(row: ApiKey) -> Target:
    return Target(kind="api_key", id=row.id, name=row.name)
