"""Creating and changing people, one or many. Locks are taken in one order: the tenant's people, the audit chain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.clock import now
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import AtriumError, FieldProblem, Invalid, ReadOnly
from enterprise_app.core.table import check_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from .. import queries
from ..errors import ProfileArchivedError, ProfileMergedError, UserIdTaken
from ..events import LeadCreated, ProfileArchived, ProfileEvent, ProfileRestored, ProfileUpdated
from ..models import ProfileRow
from ..rules.ids import real
from ..rules.showing import email_of, shown_traits
from ..rules.traits import VALUE_LENGTH, absorb, fits, micros, storable
from ..schemas import BulkResult, BulkResults, Profile, ProfileChange, ProfileDraft
from ..vocabulary import IdKind, Origin, ProfileAction, Stage
from .families import Families


async def create_profile(session: AsyncSession, ctx: Context, draft: ProfileDraft) -> Profile:
    """A new person. Raises Invalid (a trait, a user id that means nobody), UserIdTaken, ReadOnly."""
    ctx.require(Permission.PROFILES_MANAGE)
    _check(ctx, draft.traits)
    if draft.user_id and not real(draft.user_id):
        raise Invalid.of("user_id", "profile_user_id_nobody")
    await queries.lock_people(session, ctx.tenant_id)
    taken = await queries.find_users(session, [draft.user_id] if draft.user_id else [])
    if taken:
        raise UserIdTaken(profile_id=str(taken[draft.user_id or ""]))
    families = Families()
    row = families.create(ctx, Origin.FORM if ctx.actor.kind is ActorKind.MEMBER else Origin.API)
    row.own_traits, row.own_times = absorb({}, {}, draft.traits, micros(row.created_at))
    row.own_stage, row.own_stage_at = (draft.stage, row.created_at) if draft.stage is not Stage.LEAD else (None, None)
    if draft.user_id:
        row.identified, row.handle = True, draft.user_id
        families.see(IdKind.USER, draft.user_id, row.id, row.created_at, row.created_at)
    await families.save(session, ctx)
    fact = LeadCreated(**facts(ctx, row), origin=Origin(row.origin), email=email_of(row.own_traits))
    await _tell(session, ctx, row, fact, AuditVerb.PROFILE_CREATED, {}, {"name": row.name})
    return queries.to_profile(row)


async def update_profile(
    session: AsyncSession, ctx: Context, profile_id: UUID, expected_version: int, change: ProfileChange
) -> Profile:
    """Set traits; null takes one away. Raises ProfileNotFound, VersionConflict, Invalid, Conflict, ReadOnly."""
    ctx.require(Permission.PROFILES_MANAGE)
    _check(ctx, change.traits)
    families, row = await open_person(session, ctx, profile_id, expected_version)
    shown = shown_traits(row.own_traits, row.traits)
    said = {name: value for name, value in change.traits.items() if shown.get(name) != value}
    if not said:
        return queries.to_profile(row)
    row.own_traits, row.own_times = absorb(row.own_traits, row.own_times, said, micros(now()))
    families.touch(row.id)
    await families.save(session, ctx)
    fact = ProfileUpdated(**facts(ctx, row), fields=tuple(sorted(said)))
    before = {name: shown.get(name) for name in said}
    await _tell(session, ctx, row, fact, AuditVerb.PROFILE_UPDATED, before, said)
    return queries.to_profile(row)


async def set_stage(
    session: AsyncSession, ctx: Context, profile_id: UUID, stage: Stage, *, expected_version: int | None = None
) -> Profile:
    """Lead, customer or lost. Raises ProfileNotFound, VersionConflict, Conflict, ReadOnly."""
    ctx.require(Permission.PROFILES_MANAGE)
    families, row = await open_person(session, ctx, profile_id, expected_version)
    await _act(session, ctx, families, row, _Wanted(ProfileAction.SET_STAGE, stage))
    return queries.to_profile(row)


async def archive_profile(
    session: AsyncSession, ctx: Context, profile_id: UUID, *, expected_version: int | None = None
) -> Profile:
    """Put a person away; its events are still taken. Raises ProfileNotFound, VersionConflict, Conflict, ReadOnly."""
    ctx.require(Permission.PROFILES_MANAGE)
    families, row = await open_person(session, ctx, profile_id, expected_version, archived=None)
    await _act(session, ctx, families, row, _Wanted(ProfileAction.ARCHIVE))
    return queries.to_profile(row)


async def restore_profile(
    session: AsyncSession, ctx: Context, profile_id: UUID, *, expected_version: int | None = None
) -> Profile:
    """Bring a person back. Raises ProfileNotFound, VersionConflict, Conflict, ReadOnly."""
    ctx.require(Permission.PROFILES_MANAGE)
    families, row = await open_person(session, ctx, profile_id, expected_version, archived=None)
    await _act(session, ctx, families, row, _Wanted(ProfileAction.RESTORE))
    return queries.to_profile(row)


async def act_on_profiles(
    session: AsyncSession, ctx: Context, action: ProfileAction, ids: Sequence[UUID], stage: Stage | None = None
) -> BulkResults:
    """The same for many: what can be done is done, and each id gets its result, in the order asked."""
    ctx.require(Permission.PROFILES_MANAGE)
    check_writable(ctx)
    await queries.lock_people(session, ctx.tenant_id)
    families = await Families.load(session, ids)
    wanted = _Wanted(action, stage)
    results = [await _try(session, ctx, families, profile_id, wanted) for profile_id in dict.fromkeys(ids)]
    return BulkResults(results=results)


@dataclass(frozen=True, slots=True)
class _Wanted:
    action: ProfileAction
    stage: Stage | None = None


async def _try(
    session: AsyncSession, ctx: Context, families: Families, profile_id: UUID, wanted: _Wanted
) -> BulkResult:
    """What can't be done is refused before anything is written."""
    try:
        row = families.get(profile_id)
        check_open(row, archived=False if wanted.action is ProfileAction.SET_STAGE else None)
        await _act(session, ctx, families, row, wanted)
    except AtriumError as error:
        return BulkResult(id=profile_id, done=False, code=error.code, params=error.params)
    return BulkResult(id=profile_id, done=True, stage=Stage(row.stage))


async def _act(session: AsyncSession, ctx: Context, families: Families, row: ProfileRow, wanted: _Wanted) -> None:
    """Do it to an open person; what is so already is done."""
    before: dict[str, Any]
    if wanted.action is ProfileAction.SET_STAGE:
        assert wanted.stage is not None
        if row.stage == wanted.stage:
            return
        before, after, verb = {"stage": row.stage}, {"stage": wanted.stage.value}, AuditVerb.PROFILE_STAGE_CHANGED
        row.own_stage, row.own_stage_at = wanted.stage.value, now()
        fact = None  # the family tells of a change of its stage by itself, whatever made it
    else:
        archive = wanted.action is ProfileAction.ARCHIVE
        if archive == (row.archived_at is not None):
            return
        verb = AuditVerb.PROFILE_ARCHIVED if archive else AuditVerb.PROFILE_RESTORED
        before, after = {"archived": not archive}, {"archived": archive}
        row.archived_at = now() if archive else None
        fact = (ProfileArchived if archive else ProfileRestored)(**facts(ctx, row))
    families.touch(row.id)
    await families.save(session, ctx)
    await _tell(session, ctx, row, fact, verb, before, after)


async def open_person(
    session: AsyncSession,
    ctx: Context,
    profile_id: UUID,
    expected_version: int | None,
    *,
    archived: bool | None = False,
) -> tuple[Families, ProfileRow]:
    """A person to be changed, with its family, under the lock of the tenant's people."""
    check_writable(ctx)
    await queries.lock_people(session, ctx.tenant_id)
    families = await Families.load(session, [profile_id])
    row = families.get(profile_id)
    check_open(row, archived=archived)
    check_version(row, expected_version)
    return families, row


def check_writable(ctx: Context) -> None:
    """Raises ReadOnly while the tenant is suspended."""
    if ctx.read_only:
        raise ReadOnly


def check_open(row: ProfileRow, *, archived: bool | None = False) -> None:
    """Raises ProfileMergedError, and ProfileArchivedError unless `archived` is None (whichever)."""
    if row.merged_into is not None:
        raise ProfileMergedError(into=str(row.root_id))
    if archived is False and row.archived_at is not None:
        raise ProfileArchivedError


def facts(ctx: Context, row: ProfileRow) -> dict[str, Any]:
    """What every event about a person says."""
    return {"tenant_id": ctx.tenant_id, "entity_id": row.id, "name": row.name}


def target_of(row: ProfileRow) -> Target:
    """The person as the audit trail names it."""
    return Target(kind=queries.KIND, id=row.id, name=row.name)


async def _tell(
    session: AsyncSession,
    ctx: Context,
    row: ProfileRow,
    fact: ProfileEvent | None,
    verb: AuditVerb,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    if fact is not None:
        await events.publish(session, ctx, fact)
    await audit.record(session, ctx, verb, target_of(row), before=before, after=after)


def _check(ctx: Context, traits: Mapping[str, Any]) -> None:
    """Raises ReadOnly, and Invalid with every trait that is out of bounds."""
    check_writable(ctx)
    problems = [FieldProblem(f"traits.{n[:100]}", code, {"limit": VALUE_LENGTH}) for n, code in _problems(traits)]
    if problems:
        raise Invalid(problems)


def _problems(traits: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in traits.items():
        if not fits(name, value):
            yield name, "profile_trait_long"
        elif not storable([name, value]):
            yield name, "bad_unicode"
        elif name == "email" and value is not None and email_of(traits) is None:
            yield name, "profile_email"
