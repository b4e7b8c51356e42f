"""Feature flags: made, changed, switched off and put away, each change with its version, its audit and its fact.

What the plan took away keeps being answered as it stands; changing needs the plan's experiments, switching off never
does: that is how harm is stopped.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live, search
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid, ReadOnly
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from .. import events as facts
from ..errors import FlagArchived, FlagNeeded, FlagNotArchived, FlagNotFound, FlagOfExperiment, key_taken
from ..flag_schemas import Flag, FlagChange, FlagDraft, Prerequisite, Rule, Serve, Variation
from ..models import FlagRow
from ..queries import flags as queries
from ..rules.checking import flag_problems, prerequisite_problems
from ..vocabulary import FlagAction, FlagKind

AREA = "flags"
_ON_OFF = (Variation(key="on", name="On", value=True), Variation(key="off", name="Off", value=False))
_OWN_OF_EXPERIMENTS = frozenset({"name", "name_key", "description"})
"""What may be changed of an experiment's flag on its own."""


async def create_flag(session: AsyncSession, ctx: Context, draft: FlagDraft) -> Flag:
    """A new flag, served within seconds. Raises Invalid, FeatureMissing, ReadOnly."""
    ctx.require(Permission.FLAGS_MANAGE)
    check_writable(ctx)
    row = _row_of(ctx, draft)
    await queries.lock_prerequisites(session, ctx.tenant_id)
    if await queries.is_key_taken(session, row.key):
        raise key_taken(row.key)
    await _check(session, row)
    session.add(row)
    await session.flush()
    await index_flag(session, ctx, row)
    await events.publish(session, ctx, facts.FlagCreated(**_fact(row)))
    return await _done(session, ctx, row, AuditVerb.FLAG_CREATED, None, _shown(draft.model_dump(mode="json")))


async def update_flag(
    session: AsyncSession, ctx: Context, flag_id: UUID, expected_version: int, change: FlagChange
) -> Flag:
    """Change the given fields. Of an experiment's flag only how it is called: the rest is the experiment's.

    Raises FlagNotFound, FlagArchived, FlagOfExperiment, FlagNeeded, VersionConflict, Invalid, FeatureMissing, ReadOnly.
    """
    ctx.require(Permission.FLAGS_MANAGE)
    check_writable(ctx)
    await queries.lock_prerequisites(session, ctx.tenant_id)
    row = await _locked(session, flag_id)
    if row.archived_at is not None:
        raise FlagArchived
    await take_version(session, row, expected_version)
    changed = {name: value for name, value in _columns(change.changes()).items() if getattr(row, name) != value}
    if row.experiment_id is not None and changed.keys() - _OWN_OF_EXPERIMENTS:
        raise FlagOfExperiment
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    with session.no_autoflush:  # what is refused below must not have been written
        if changed.keys() - _OWN_OF_EXPERIMENTS:
            await _check(session, row)
    await session.flush()
    if not changed:
        return queries.to_flag(row)
    if "name" in changed:
        await index_flag(session, ctx, row)
    fields = tuple(sorted(changed.keys() - {"name_key"}))
    await events.publish(session, ctx, facts.FlagUpdated(**_fact(row), fields=fields))
    return await _done(session, ctx, row, AuditVerb.FLAG_UPDATED, _shown(before), _shown(changed))


async def switch_flag(
    session: AsyncSession, ctx: Context, flag_id: UUID, enabled: bool, *, expected_version: int | None = None
) -> Flag:
    """The kill switch: off, everybody gets the off variation, whatever the rules say; an experiment's flag too.

    Raises FlagNotFound, FlagArchived, VersionConflict, ReadOnly; to switch on, FeatureMissing.
    """
    ctx.require(Permission.FLAGS_MANAGE)
    check_writable(ctx, stopping=not enabled)
    row = await _locked(session, flag_id)
    if row.archived_at is not None:
        raise FlagArchived
    await take_version(session, row, expected_version)
    before, row.enabled = row.enabled, enabled
    await session.flush()
    if before != enabled:
        await events.publish(session, ctx, facts.FlagSwitched(**_fact(row), enabled=enabled))
    return await _done(session, ctx, row, AuditVerb.FLAG_SWITCHED, {"enabled": before}, {"enabled": enabled})


async def act_on_flag(
    session: AsyncSession, ctx: Context, flag_id: UUID, action: FlagAction, *, expected_version: int | None = None
) -> Flag:
    """Archive: it is answered no more, as if it had never been; or bring it back.

    Raises FlagNotFound, FlagNeeded (others have it as prerequisite), FlagOfExperiment, FlagArchived, FlagNotArchived,
    VersionConflict, Invalid (what it needs is gone), ReadOnly, FeatureMissing.
    """
    ctx.require(Permission.FLAGS_MANAGE)
    check_writable(ctx, stopping=action is FlagAction.ARCHIVE)
    await queries.lock_prerequisites(session, ctx.tenant_id)
    row = await _locked(session, flag_id)
    if row.experiment_id is not None:
        raise FlagOfExperiment
    await take_version(session, row, expected_version)
    if action is FlagAction.ARCHIVE:
        await _archive(session, row)
        fact, verb = facts.FlagArchived(**_fact(row)), AuditVerb.FLAG_ARCHIVED
    else:
        await _restore(session, row)
        fact, verb = facts.FlagRestored(**_fact(row)), AuditVerb.FLAG_RESTORED
    await session.flush()
    await events.publish(session, ctx, fact)
    return await _done(session, ctx, row, verb, None, {"key": row.key})


async def get_flag(session: AsyncSession, ctx: Context, flag_id: UUID) -> Flag:
    """One flag, archived or not. Raises FlagNotFound."""
    ctx.require(Permission.FLAGS_READ)
    row = await queries.find_row(session, FlagRow, flag_id)
    if row is None:
        raise FlagNotFound
    return queries.to_flag(row)


async def list_flags(session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False) -> Page[Flag]:
    """A page; archived ones only where a filter on `archived` asks for them. With `q`, the 500 best matches."""
    ctx.require(Permission.FLAGS_READ)
    everything = query.names("archived")
    select = queries.ALL if everything else queries.NOT_ARCHIVED
    if query.q:
        found = await search.find(session, queries.KIND, query.q)
        select = select.where(queries.is_one_of(found))
    page = await queries.LISTING.page(session, select, query, count=count)
    return Page([queries.to_flag(row) for row in page.items], page.next_cursor, page.total)


async def index_flag(session: AsyncSession, ctx: Context, row: FlagRow) -> None:
    """Make it findable by the words of its name and its key; part of making or renaming one."""
    await search.index(session, ctx.tenant_id, queries.KIND, row.id, f"{row.name} {row.key}")


async def announce(session: AsyncSession, ctx: Context, flag_id: UUID) -> None:
    """Tell open pages, and every process that serves: what it has compiled is old."""
    await live.changed(session, live.topic(ctx.tenant_id, AREA))
    await live.changed(session, live.topic(ctx.tenant_id, AREA, flag_id))


def check_writable(ctx: Context, *, stopping: bool = False) -> None:
    """Raises ReadOnly in a suspended tenant; FeatureMissing without the plan's experiments, unless it stops something.

    For flags as for experiments.
    """
    if ctx.read_only:
        raise ReadOnly
    if not stopping:
        ctx.require_feature(Feature.EXPERIMENTS)


def _row_of(ctx: Context, draft: FlagDraft) -> FlagRow:
    variations = draft.variations or (list(_ON_OFF) if draft.kind is FlagKind.BOOLEAN else [])
    off = draft.off_variation or (variations[-1].key if variations else "")
    values = {name: getattr(draft, name) for name in ("name", "key", "description", "kind", "enabled", "rules")}
    values |= {"variations": variations, "off_variation": off, "prerequisites": draft.prerequisites}
    values["serve"] = draft.serve or Serve(variation=off if variations else None)
    return FlagRow(tenant_id=ctx.tenant_id, seed=secrets.token_hex(8), **_columns(values))


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a shape as they are stored: names with their sort key, shapes as JSON."""
    columns = {name: _plain(value) for name, value in values.items()}
    if "name" in columns:
        columns["name_key"] = sort_key(columns["name"])
    return columns


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, FlagKind):
        return value.value
    return value.model_dump(mode="json") if isinstance(value, Serve | Rule | Variation | Prerequisite) else value


async def _check(session: AsyncSession, row: FlagRow) -> None:
    """Raises Invalid with everything that is wrong; FlagNeeded when another flag waits for a variation that goes."""
    serve, rules = Serve.model_validate(row.serve), [Rule.model_validate(rule) for rule in row.rules]
    variations = [Variation.model_validate(variation) for variation in row.variations]
    wanted = [Prerequisite.model_validate(prerequisite) for prerequisite in row.prerequisites]
    asked = [way.experiment_id for way in (serve, *(rule.serve for rule in rules)) if way.experiment_id is not None]
    known = {key: known for key, known in (await queries.list_known(session)).items() if key != row.key}
    problems = flag_problems(
        kind=FlagKind(row.kind), variations=variations, off_variation=row.off_variation, serve=serve, rules=rules,
        experiments=await queries.known_experiments(session, asked) if asked else (),
    )  # fmt: skip
    problems += prerequisite_problems(
        row.key, wanted, {key: other.variations for key, other in known.items()},
        {key: tuple(other.needs) for key, other in known.items()},
    )  # fmt: skip
    if problems:
        raise Invalid(problems)
    kept = {variation.key for variation in variations}
    _refuse_needed([key for key, other in known.items() if not kept.issuperset(other.needs.get(row.key, ()))])


async def _archive(session: AsyncSession, row: FlagRow) -> None:
    if row.archived_at is not None:
        raise FlagArchived
    known = await queries.list_known(session)
    _refuse_needed([key for key, other in known.items() if row.key in other.needs])
    row.archived_at = now()


async def _restore(session: AsyncSession, row: FlagRow) -> None:
    if row.archived_at is None:
        raise FlagNotArchived
    await _check(session, row)
    row.archived_at = None


def _refuse_needed(keys: Sequence[str]) -> None:
    if keys:
        raise FlagNeeded(flags=", ".join(sorted(keys)))


async def _locked(session: AsyncSession, flag_id: UUID) -> FlagRow:
    row = await queries.find_row(session, FlagRow, flag_id, lock=True)
    if row is None:
        raise FlagNotFound
    return row


def _fact(row: FlagRow) -> dict[str, Any]:
    return {"tenant_id": row.tenant_id, "entity_id": row.id, "key": row.key, "name": row.name}


async def _done(
    session: AsyncSession, ctx: Context, row: FlagRow, verb: AuditVerb, before: Any, after: dict[str, Any]
) -> Flag:
    await announce(session, ctx, row.id)
    target = Target(kind=queries.KIND, id=row.id, name=row.name)
    await audit.record(session, ctx, verb, target, before=before, after=after)
    return queries.to_flag(row)


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "name_key"}
