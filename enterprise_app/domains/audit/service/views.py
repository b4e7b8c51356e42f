"""Saved views of the trail: each member keeps filters under a name, for nobody else."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from enterprise_app.core import live
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import Conflict, Forbidden, Invalid, NotFound, ReadOnly
from enterprise_app.core.vocabulary.permissions import Permission

from .. import queries
from ..models import SavedFilterRow
from ..rules.views import clean_name, read_query, write_query
from ..schemas import SavedView, SavedViewDraft, SavedViews

MAX_VIEWS = 50
TOPIC = "audit_views"
_PEOPLE = (ActorKind.MEMBER, ActorKind.OPERATOR)


async def list_views(session: AsyncSession, ctx: Context) -> SavedViews:
    """The caller's own views by name, all of them. Raises Forbidden. Needs audit:read."""
    rows = await queries.views_of(session, ctx.tenant_id, _owner(ctx))
    items = sorted((_view(row) for row in rows), key=lambda view: (view.name.casefold(), view.id))
    return SavedViews(items=items, total=len(items))


async def save_view(session: AsyncSession, ctx: Context, draft: SavedViewDraft) -> SavedView:
    """Keep filters under a new name. Raises Invalid (`name`, `query`), Conflict, Forbidden, ReadOnly; audit:read."""
    owner = _writer(ctx)
    name, filters = clean_name(draft.name), read_query(draft.query)
    await queries.lock_views(session, ctx.tenant_id, owner)
    rows = await queries.views_of(session, ctx.tenant_id, owner)
    if any(row.name.casefold() == name.casefold() for row in rows):
        raise Invalid.of("name", "view_name_taken", name=name)
    if len(rows) >= MAX_VIEWS:
        raise Conflict("views_full", max=MAX_VIEWS)
    row = SavedFilterRow(tenant_id=ctx.tenant_id, area=queries.AREA, name=name, query=filters, member_id=owner)
    session.add(row)
    await session.flush()
    await live.changed(session, live.topic(ctx.tenant_id, TOPIC))
    return _view(row)


async def delete_view(session: AsyncSession, ctx: Context, view_id: UUID) -> SavedView:
    """Forget a view; answers what it was. Raises NotFound (others' too), Forbidden, ReadOnly. Needs audit:read."""
    rows = await queries.views_of(session, ctx.tenant_id, _writer(ctx))
    row = next((row for row in rows if row.id == view_id), None)
    if row is None:
        raise NotFound
    await session.execute(
        sa.delete(SavedFilterRow).where(
            col(SavedFilterRow.tenant_id) == ctx.tenant_id, col(SavedFilterRow.id) == row.id
        )
    )
    await live.changed(session, live.topic(ctx.tenant_id, TOPIC))
    return _view(row)


def _owner(ctx: Context) -> UUID:
    """Whose views: a person's. A key or a job has no page to save the view of."""
    ctx.require(Permission.AUDIT_READ)
    if ctx.actor.kind not in _PEOPLE or ctx.actor.id is None:
        raise Forbidden("views_by_members_only")
    return ctx.actor.id


def _writer(ctx: Context) -> UUID:
    """Whose views change; in a suspended tenant nobody's do."""
    owner = _owner(ctx)
    if ctx.read_only:
        raise ReadOnly
    return owner


def _view(row: SavedFilterRow) -> SavedView:
    return SavedView(id=row.id, name=row.name, query=write_query(row.query), created_at=row.created_at)
