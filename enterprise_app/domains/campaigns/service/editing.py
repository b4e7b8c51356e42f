"""Creating, changing and duplicating campaigns. Locks are taken in one order: row, quota, audit chain."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import Invalid, NotFound, ReadOnly
from enterprise_app.core.sorting import sort_key
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.metering import service as metering

from ..errors import CampaignArchivedError, CampaignNotFound
from ..events import CampaignCreated, CampaignUpdated
from ..models import CampaignRow
from ..queries import campaigns as queries
from ..rules import campaigns as rules
from ..schemas import Budget, Campaign, CampaignChange, CampaignDraft, check_days
from ..vocabulary import CampaignObjective, CampaignStatus
from .index import index_campaign

AREA = "campaigns"

metering.register_recount(Limit.CAMPAIGNS, queries.count_counted)


async def create_campaign(session: AsyncSession, ctx: Context, draft: CampaignDraft) -> Campaign:
    """A new draft. Raises QuotaExceeded when the plan's campaigns are used up."""
    ctx.require(Permission.CAMPAIGNS_CREATE)
    await _check_owner(session, ctx, draft.owner_id)
    owner = draft.owner_id or (ctx.actor.id if ctx.actor.kind is ActorKind.MEMBER else None)
    values = _columns({name: getattr(draft, name) for name in CampaignDraft.model_fields} | {"owner_id": owner})
    return await _insert(session, ctx, CampaignRow(tenant_id=ctx.tenant_id, status=CampaignStatus.DRAFT, **values))


async def duplicate_campaign(session: AsyncSession, ctx: Context, campaign_id: UUID) -> Campaign:
    """A draft with everything but name and status from another campaign, archived or not."""
    ctx.require(Permission.CAMPAIGNS_CREATE)
    ctx.require(Permission.CAMPAIGNS_READ)
    source = await queries.find_row(session, campaign_id)
    if source is None:
        raise CampaignNotFound
    copied = source.model_dump(include=set(CampaignChange.model_fields) | {"budget_minor", "budget_currency"})
    stem = rules.copy_stem(source.name)
    copied["name"] = rules.copy_name(source.name, await queries.names_like(session, stem))
    copied["name_key"] = sort_key(copied["name"])
    row = CampaignRow(tenant_id=ctx.tenant_id, status=CampaignStatus.DRAFT, **copied)
    return await _insert(session, ctx, row, source=source)


async def update_campaign(
    session: AsyncSession, ctx: Context, campaign_id: UUID, expected_version: int, change: CampaignChange
) -> Campaign:
    """Change the given fields. Raises CampaignNotFound, VersionConflict, Invalid, ReadOnly, CampaignArchivedError."""
    ctx.require(Permission.CAMPAIGNS_UPDATE)
    row = await lock_writable(session, ctx, campaign_id)
    if row.status == CampaignStatus.ARCHIVED:
        raise CampaignArchivedError
    await take_version(session, row, expected_version)
    await _check_owner(session, ctx, change.owner_id)
    changed = {n: v for n, v in _columns(change.changes()).items() if getattr(row, n) != v}
    if not check_days(changed.get("starts_on", row.starts_on), changed.get("ends_on", row.ends_on)):
        raise Invalid.of("ends_on", "campaign_days")
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    await session.flush()
    await _after_update(session, ctx, row, before, changed)
    return queries.to_campaign(row)


async def lock_writable(session: AsyncSession, ctx: Context, campaign_id: UUID) -> CampaignRow:
    """The locked row, if the tenant may write it now: oldest first up to the plan's limit, and not while suspended."""
    row = (await queries.lock_rows(session, [campaign_id])).get(campaign_id)
    if row is None:
        raise CampaignNotFound
    await check_writable(session, ctx, row)
    return row


async def check_writable(session: AsyncSession, ctx: Context, row: CampaignRow) -> None:
    """Raises ReadOnly while the tenant is suspended or when the campaign is beyond what a smaller plan grants."""
    if ctx.read_only:
        raise ReadOnly
    if ctx.limit(Limit.CAMPAIGNS) != UNLIMITED and row.archived_at is None:
        metering.check_within(ctx, Limit.CAMPAIGNS, await queries.position_of(session, row))


async def announce(session: AsyncSession, ctx: Context, campaign_id: UUID) -> None:
    """Tell open lists and the campaign's own pages."""
    await live.changed(session, live.topic(ctx.tenant_id, AREA))
    await live.changed(session, live.topic(ctx.tenant_id, AREA, campaign_id))


async def _insert(session: AsyncSession, ctx: Context, row: CampaignRow, source: CampaignRow | None = None) -> Campaign:
    await metering.reserve(session, ctx, Limit.CAMPAIGNS)
    session.add(row)
    await session.flush()
    await index_campaign(session, ctx, row)
    created = CampaignCreated(
        tenant_id=ctx.tenant_id,
        entity_id=row.id,
        name=row.name,
        objective=CampaignObjective(row.objective),
        duplicated_from=str(source.id) if source else None,
    )
    await events.publish(session, ctx, created)
    await announce(session, ctx, row.id)
    verb = AuditVerb.CAMPAIGN_DUPLICATED if source else AuditVerb.CAMPAIGN_CREATED
    after = {"name": row.name, "objective": row.objective} | ({"from": str(source.id)} if source else {})
    await audit.record(session, ctx, verb, target_of(row), after=after)
    return queries.to_campaign(row)


async def _after_update(
    session: AsyncSession, ctx: Context, row: CampaignRow, before: dict[str, Any], changed: dict[str, Any]
) -> None:
    if not changed:
        return
    if {"name", "tags"} & changed.keys():
        await index_campaign(session, ctx, row)
    fields = tuple(sorted({"budget" if n.startswith("budget_") else n for n in changed if n != "name_key"}))
    updated = CampaignUpdated(tenant_id=ctx.tenant_id, entity_id=row.id, name=row.name, fields=fields)
    await events.publish(session, ctx, updated)
    await announce(session, ctx, row.id)
    verb = AuditVerb.CAMPAIGN_UPDATED
    await audit.record(session, ctx, verb, target_of(row), before=_audited(before), after=_audited(changed))


async def _check_owner(session: AsyncSession, ctx: Context, owner_id: UUID | None) -> None:
    """Whoever answers for a campaign is a member of the tenant. Raises Invalid."""
    if owner_id is None or owner_id == ctx.actor.id:
        return
    try:
        await identity.get_member(session, ctx, owner_id)
    except NotFound:
        raise Invalid.of("owner_id", "campaign_owner") from None


def target_of(row: CampaignRow) -> Target:
    """The campaign as the audit trail names it."""
    return Target(kind=queries.KIND, id=row.id, name=row.name)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a shape as columns: the budget in two, the name with its sort key, enums as their values."""
    columns = dict(values)
    if "budget" in columns:
        budget: Budget | None = columns.pop("budget")
        columns["budget_minor"] = budget.amount_minor if budget else None
        columns["budget_currency"] = budget.currency if budget else None
    if "name" in columns:
        columns["name_key"] = sort_key(columns["name"])
    if "channels" in columns:
        columns["channels"] = [channel.value for channel in columns["channels"]]
    if "objective" in columns:
        columns["objective"] = columns["objective"].value
    return columns


def _audited(values: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in values.items() if name != "name_key"}
    return {n: str(v) if isinstance(v, UUID | date | datetime) else v for n, v in shown.items()}
