"""Looking at people: one, a page, the ids that lead to one, who may be the same."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.vocabulary.permissions import Permission

from .. import queries
from ..errors import ProfileNotFound
from ..schemas import Profile, ProfileId, Trail
from ..vocabulary import IdKind

TRAIL_IDS = 1_000
SHOWN_IDS = 200
DUPLICATES = 5


async def get_profile(session: AsyncSession, ctx: Context, profile_id: UUID) -> Profile:
    """One person, archived or merged or not. Raises ProfileNotFound."""
    ctx.require(Permission.PROFILES_READ)
    row = await queries.find_row(session, profile_id)
    if row is None:
        raise ProfileNotFound
    return queries.to_profile(row)


async def find_profile(session: AsyncSession, ctx: Context, user_id: str) -> Profile | None:
    """The person of one's own id."""
    ctx.require(Permission.PROFILES_READ)
    found = (await queries.find_users(session, [user_id])).get(user_id)
    row = await queries.find_row(session, found) if found else None
    if row is not None and row.merged_into is not None:
        row = await queries.find_row(session, row.root_id)
    return queries.to_profile(row) if row else None


async def find_traits(session: AsyncSession, ctx: Context, client_id: str) -> dict[str, Any]:
    """What is known of the person behind a user id, else behind a browser; with their `stage`. Empty for strangers and
    archived people."""
    ctx.require(Permission.PROFILES_READ)
    return await queries.find_traits(session, client_id)


async def list_profiles(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Profile]:
    """A page; archived people only where a filter on `archived` asks for them. `count` adds the total.

    With `q` the list is that of the 500 best matches by name, e-mail and user id, and whom exactly that id leads to.
    """
    ctx.require(Permission.PROFILES_READ)
    select: Any = sa.select(*queries.COLUMNS).where(queries.C.merged_into.is_(None))
    if not query.names("archived"):
        select = select.where(queries.C.archived_at.is_(None))
    if query.q:
        found = await search.find(session, queries.KIND, query.q)
        found += await queries.profiles_with_id(session, query.q.strip())
        select = select.where(queries.is_one_of(found))
    page = await queries.LISTING.page(session, select, query, count=count)
    return Page([queries.from_values(row) for row in page.items], page.next_cursor, page.total)


async def list_ids(session: AsyncSession, ctx: Context, profile_id: UUID) -> list[ProfileId]:
    """The newest 200 ids that lead to the person, those of people merged into it included. Raises ProfileNotFound."""
    ctx.require(Permission.PROFILES_READ)
    family = await _family(session, profile_id)
    return [ProfileId.model_validate(row) for row in await queries.ids_of(session, family, SHOWN_IDS)]


async def get_trail(session: AsyncSession, ctx: Context, profile_id: UUID) -> Trail:
    """What leads to the person's events, by its newest 1,000 ids. Raises ProfileNotFound."""
    ctx.require(Permission.PROFILES_READ)
    rows = await queries.ids_of(session, await _family(session, profile_id), TRAIL_IDS + 1)
    known = rows[:TRAIL_IDS]
    browsers = [row for row in known if row.kind == IdKind.ANONYMOUS]
    return Trail(
        user_ids=[row.value for row in known if row.kind == IdKind.USER],
        browsers=list({row.value for row in browsers}),
        own_browsers=list({row.value for row in browsers if not row.shared}),
        complete=len(rows) <= TRAIL_IDS,
    )


async def list_duplicates(session: AsyncSession, ctx: Context, profile_id: UUID) -> list[Profile]:
    """Up to five others with the same e-mail: maybe the same person. Raises ProfileNotFound."""
    ctx.require(Permission.PROFILES_READ)
    row = await queries.find_row(session, profile_id)
    if row is None:
        raise ProfileNotFound
    if row.email is None or row.merged_into is not None:
        return []
    c = queries.C
    others = sa.select(*queries.COLUMNS).where(
        c.merged_into.is_(None), c.archived_at.is_(None), c.email == row.email, c.id != row.id
    )
    return [queries.from_values(other) for other in await session.execute(others.order_by(c.id).limit(DUPLICATES))]


async def _family(session: AsyncSession, profile_id: UUID) -> list[UUID]:
    """The ids of everybody who is this person."""
    c = queries.C
    row = await queries.find_row(session, profile_id)
    if row is None:
        raise ProfileNotFound
    merged = sa.select(c.id).where(c.merged_into.is_not(None), c.root_id == row.root_id)
    return [row.root_id, *await session.scalars(merged)]
