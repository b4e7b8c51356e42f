"""Two people who are one, and the way back: a merge moves nothing, so that undoing it is exact at any time."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.paging import ListField, Listing, ListQuery, Page
from enterprise_app.core.table import check_version, table_of
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit

from .. import queries
from ..errors import MergeNotFound, MergeOver, ProfileNotFound, SameProfile
from ..events import MergeUndone, ProfileMerged
from ..models import MergeRow, ProfileRow
from ..rules.showing import Shown, show, shown_traits
from ..schemas import Merge, Merged, MergePreview, Profile
from ..vocabulary import MergeReason, Stage
from .editing import check_open, check_writable, facts, target_of
from .families import Families

_M = table_of(MergeRow).c
MERGES = Listing(
    fields={"created_at": ListField(_M.created_at, datetime, sortable=True, operators=())},
    key=_M.id,
)


async def preview_merge(session: AsyncSession, ctx: Context, target_id: UUID, source_id: UUID) -> MergePreview:
    """What merging `source` into `target` would make. Raises ProfileNotFound, Conflict."""
    ctx.require(Permission.PROFILES_READ)
    families, source, target = await _both(session, target_id, source_id)
    family = [*families.of(target), *families.of(source)]
    ids = await queries.count_ids(session, [member.id for member in family])
    return MergePreview(
        result=_as(target, show(family)),
        source=queries.to_profile(source),
        target=queries.to_profile(target),
        ids=ids,
    )


async def merge_profiles(
    session: AsyncSession, ctx: Context, target_id: UUID, source_id: UUID, *, expected_version: int | None = None
) -> Merged:
    """Make `source` a part of `target`. Raises ProfileNotFound, VersionConflict, Conflict (archived, merged, same).

    Of every trait the newest stays; the stage is the one that was set last. What `target` did and will do is shown
    with what `source` did and will do.
    """
    ctx.require(Permission.PROFILES_MANAGE)
    check_writable(ctx)
    await queries.lock_people(session, ctx.tenant_id)
    families, source, target = await _both(session, target_id, source_id)
    check_version(target, expected_version)
    by = ctx.actor.name if ctx.actor.kind is not ActorKind.JOB else ""
    merge = families.merge(ctx, source, target, MergeReason.MANUAL, by)
    fact = ProfileMerged(**facts(ctx, target), merged_id=source.id, reason=MergeReason.MANUAL)
    families.news.append(fact)
    await families.save(session, ctx)
    merged = {"id": str(source.id), "name": source.name}
    await audit.record(session, ctx, AuditVerb.PROFILE_MERGED, target_of(target), after={"merged": merged})
    return Merged(profile=queries.to_profile(target), merge=Merge.model_validate(merge))


async def undo_merge(session: AsyncSession, ctx: Context, merge_id: UUID) -> Profile:
    """Two people again, each with what was said of it and seen of it before and since; returns the one that was merged.

    No event merges these two again. Raises MergeNotFound, MergeOver, ReadOnly.
    """
    ctx.require(Permission.PROFILES_MANAGE)
    check_writable(ctx)
    await queries.lock_people(session, ctx.tenant_id)
    merge = (await session.scalars(sa.select(MergeRow).where(_M.id == merge_id))).one_or_none()
    if merge is None:
        raise MergeNotFound
    if merge.undone_at is not None:
        raise MergeOver
    families = await Families.load(session, [merge.source_id])
    source, person = families.get(merge.source_id), families.root(merge.source_id)
    merge.undone_at = now()
    families.split(source)
    families.news.append(MergeUndone(**facts(ctx, person), merged_id=source.id))
    await families.save(session, ctx)
    apart = {"id": str(source.id), "name": source.name}
    await audit.record(session, ctx, AuditVerb.PROFILE_MERGE_UNDONE, target_of(person), before={"merged": apart})
    return queries.to_profile(source)


async def list_merges(session: AsyncSession, ctx: Context, profile_id: UUID, query: ListQuery) -> Page[Merge]:
    """A page of the merges that made this person, newest first, undone ones too. Raises ProfileNotFound."""
    ctx.require(Permission.PROFILES_READ)
    family = [row.id for row in await queries.load_families(session, [profile_id])]
    if not family:
        raise ProfileNotFound
    either = sa.or_(_M.source_id.in_(family), _M.target_id.in_(family))
    page = await MERGES.page(session, sa.select(MergeRow).where(either), query)
    return Page([Merge.model_validate(row) for row in page.items], page.next_cursor)


async def _both(session: AsyncSession, target_id: UUID, source_id: UUID) -> tuple[Families, ProfileRow, ProfileRow]:
    """The two families. Raises ProfileNotFound, SameProfile, ProfileMergedError, ProfileArchivedError."""
    families = await Families.load(session, [target_id, source_id])
    target, source = families.get(target_id), families.get(source_id)
    if target.root_id == source.root_id:
        raise SameProfile
    check_open(target)
    check_open(source)
    return families, source, target


def _as(row: ProfileRow, shown: Shown) -> Profile:
    """The root as it would be shown."""
    traits = shown_traits(row.own_traits, shown.traits)
    changes = {
        "name": shown.name, "email": shown.email, "country": shown.country, "stage": Stage(shown.stage),
        "traits": traits, "first_seen_at": shown.first_seen_at, "last_seen_at": shown.last_seen_at,
        "active_at": shown.active_at,
    }  # fmt: skip
    return queries.to_profile(row).model_copy(update=changes)
