"""The review of assets: who made it submits it, who may approve says yes or why not."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.identity import service as identity

from ..errors import AssetOwn
from ..events import AssetApproved, AssetEvent, AssetReviewMoved
from ..models import AssetRow, AssetVersionRow
from ..rules import assets as rules
from ..schemas import Asset
from ..vocabulary import AssetAction, AssetState
from .asset_rows import facts_of, get_shown, get_version_row, lock_changeable, target_of
from .editing import announce

ASSET_PERMISSIONS = {
    AssetAction.APPROVE: Permission.ASSETS_REVIEW,
    AssetAction.REQUEST_CHANGES: Permission.ASSETS_REVIEW,
    AssetAction.REOPEN: Permission.ASSETS_MANAGE,
    AssetAction.SUBMIT: Permission.ASSETS_MANAGE,
}


async def review_asset(
    session: AsyncSession,
    ctx: Context,
    asset_id: UUID,
    action: AssetAction,
    *,
    note: str = "",
    expected_version: int | None = None,
) -> Asset:
    """Move the review of the newest version; `expected_version` is what the reviewer has seen.

    Who asks for changes says which. Nobody approves a content of their own while somebody else may do it.
    Raises AssetNotFound, AssetArchivedError, Conflict (wrong state), VersionConflict, Invalid (no note), AssetOwn,
    ReadOnly.
    """
    ctx.require(ASSET_PERMISSIONS[action])
    if action is AssetAction.REQUEST_CHANGES and not note.strip():
        raise Invalid.of("note", "required")
    row = await lock_changeable(session, ctx, asset_id)
    version = await get_version_row(session, row.id)
    before = AssetState(version.state)
    after = rules.next_state(action, before)
    if action is AssetAction.APPROVE:
        await _refuse_own(session, ctx, version)
    await take_version(session, row, row.version if expected_version is None else expected_version)
    _note(ctx, version, action, after, note.strip())
    await session.flush()
    await events.publish(session, ctx, _event(row, before, after, version.note))
    await announce(session, ctx, row.campaign_id)
    told = {"number": version.number, "sha256": version.sha256.hex(), "state": after.value, "note": version.note}
    before_state = {"state": before.value}
    await audit.record(session, ctx, AuditVerb.ASSET_REVIEWED, target_of(row), before=before_state, after=told)
    return await get_shown(session, row.id)


async def _refuse_own(session: AsyncSession, ctx: Context, version: AssetVersionRow) -> None:
    """Four eyes where there are four: who works alone can't wait for a second pair."""
    own = ctx.actor.id is not None and version.created_by == ctx.actor.id
    if own and await identity.is_permitted_to_others(session, ctx.tenant_id, ctx.actor.id, Permission.ASSETS_REVIEW):
        raise AssetOwn


def _note(ctx: Context, version: AssetVersionRow, action: AssetAction, after: AssetState, note: str) -> None:
    """Who decided and when; submitting again keeps nothing of an earlier decision."""
    decided = action in (AssetAction.APPROVE, AssetAction.REQUEST_CHANGES)
    version.state = after.value
    version.note = note if action is AssetAction.REQUEST_CHANGES else ""
    version.reviewed_by = ctx.actor.id if decided else None
    version.reviewed_by_name = ctx.actor.name if decided else ""
    version.reviewed_at = now() if decided else None


def _event(row: AssetRow, before: AssetState, after: AssetState, note: str) -> AssetEvent:
    if after is AssetState.APPROVED:
        return AssetApproved(**facts_of(row))
    return AssetReviewMoved(**facts_of(row), before=before, after=after, note=note)
