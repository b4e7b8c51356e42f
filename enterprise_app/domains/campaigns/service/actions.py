"""Activating, pausing, completing, archiving and restoring: one campaign, or many with a result for each."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, ReadOnly
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.metering import service as metering

from ..errors import CampaignNotFound
from ..events import CampaignArchived, CampaignEvent, CampaignRestored, CampaignStatusChanged
from ..models import CampaignRow
from ..queries import campaigns as queries
from ..rules import campaigns as rules
from ..schemas import BulkResult, BulkResults, Campaign
from ..vocabulary import CampaignAction, CampaignStatus
from .editing import announce, check_writable, target_of

PERMISSIONS = {
    CampaignAction.ACTIVATE: Permission.CAMPAIGNS_UPDATE,
    CampaignAction.ARCHIVE: Permission.CAMPAIGNS_DELETE,
    CampaignAction.COMPLETE: Permission.CAMPAIGNS_UPDATE,
    CampaignAction.PAUSE: Permission.CAMPAIGNS_UPDATE,
    CampaignAction.RESTORE: Permission.CAMPAIGNS_DELETE,
}
_VERBS = {
    CampaignAction.ARCHIVE: AuditVerb.CAMPAIGN_ARCHIVED,
    CampaignAction.RESTORE: AuditVerb.CAMPAIGN_RESTORED,
}


async def act_on_campaign(
    session: AsyncSession,
    ctx: Context,
    campaign_id: UUID,
    action: CampaignAction,
    *,
    expected_version: int | None = None,
) -> Campaign:
    """Do it. Raises CampaignNotFound, Conflict (wrong status), VersionConflict, QuotaExceeded (restore), ReadOnly.

    An archived campaign frees its place in the plan; restoring takes one again.
    """
    ctx.require(PERMISSIONS[action])
    row = (await queries.lock_rows(session, [campaign_id])).get(campaign_id)
    if row is None:
        raise CampaignNotFound
    return await _act(session, ctx, row, action, expected_version)


async def act_on_campaigns(
    session: AsyncSession, ctx: Context, action: CampaignAction, ids: Sequence[UUID]
) -> BulkResults:
    """The same for many: what can be done is done, and each id gets its result, in the order asked."""
    ctx.require(PERMISSIONS[action])
    rows = await queries.lock_rows(session, ids)
    results = {campaign_id: await _try(session, ctx, campaign_id, rows, action) for campaign_id in dict.fromkeys(ids)}
    return BulkResults(results=[results[campaign_id] for campaign_id in dict.fromkeys(ids)])


async def _try(
    session: AsyncSession, ctx: Context, campaign_id: UUID, rows: dict[UUID, CampaignRow], action: CampaignAction
) -> BulkResult:
    """In a savepoint, so that one refusal leaves nothing half-done and the others untouched."""
    try:
        if campaign_id not in rows:
            raise CampaignNotFound
        async with session.begin_nested():
            campaign = await _act(session, ctx, rows[campaign_id], action, None)
    except AtriumError as error:
        return BulkResult(id=campaign_id, done=False, code=error.code, params=error.params)
    return BulkResult(id=campaign_id, done=True, status=campaign.status)


async def _act(
    session: AsyncSession, ctx: Context, row: CampaignRow, action: CampaignAction, expected_version: int | None
) -> Campaign:
    before = CampaignStatus(row.status)
    previous = CampaignStatus(row.status_before_archive) if row.status_before_archive else None
    after = rules.next_status(action, before, previous)
    if action is CampaignAction.ARCHIVE:
        _refuse_suspended(ctx)  # archiving is the way out of being over the limit, so only suspension forbids it
    else:
        await check_writable(session, ctx, row)
    await take_version(session, row, row.version if expected_version is None else expected_version)
    await _count(session, ctx, action)
    row.status = after.value
    row.archived_at = now() if action is CampaignAction.ARCHIVE else None
    row.status_before_archive = before.value if action is CampaignAction.ARCHIVE else None
    await session.flush()
    await events.publish(session, ctx, _event(ctx, row, action, before, after))
    await announce(session, ctx, row.id)
    verb = _VERBS.get(action, AuditVerb.CAMPAIGN_UPDATED)
    await audit.record(session, ctx, verb, target_of(row), before={"status": before}, after={"status": after})
    return queries.to_campaign(row)


def _refuse_suspended(ctx: Context) -> None:
    if ctx.read_only:
        raise ReadOnly


async def _count(session: AsyncSession, ctx: Context, action: CampaignAction) -> None:
    if action is CampaignAction.ARCHIVE:
        await metering.release(session, ctx, Limit.CAMPAIGNS)
    if action is CampaignAction.RESTORE:
        await metering.reserve(session, ctx, Limit.CAMPAIGNS)


def _event(
    ctx: Context, row: CampaignRow, action: CampaignAction, before: CampaignStatus, after: CampaignStatus
) -> CampaignEvent:
    facts = {"tenant_id": ctx.tenant_id, "entity_id": row.id, "name": row.name}
    if action is CampaignAction.ARCHIVE:
        return CampaignArchived(**facts, before=before)
    if action is CampaignAction.RESTORE:
        return CampaignRestored(**facts, after=after)
    return CampaignStatusChanged(**facts, before=before, after=after)
