"""How a tenant counts its sessions: reading and changing it. After a change all sessions are counted anew."""

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import live
from enterprise_app.core.context import Context
from enterprise_app.core.errors import ReadOnly, VersionConflict
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.queries import counting
from enterprise_app.domains.analytics.queries.counting import Counting
from enterprise_app.domains.analytics.rules.sessions import SessionRules
from enterprise_app.domains.analytics.rules.tiles import EPOCH
from enterprise_app.domains.analytics.schemas import CountingSettings, SessionCuts
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.tenancy import service as tenancy


async def get_counting(session: AsyncSession, ctx: Context) -> CountingSettings:
    """The settings, the usual ones where nobody changed them."""
    ctx.require(Permission.ANALYTICS_READ)
    found = await counting.find(session, ctx.tenant_id)
    return _settings(found) if found else CountingSettings(recounting=False, version=1)


async def change_counting(
    session: AsyncSession, ctx: Context, expected_version: int, cuts: SessionCuts
) -> CountingSettings:
    """Cut sessions otherwise, those of the past as well. Raises VersionConflict when someone saved first, ReadOnly."""
    ctx.require(Permission.TENANT_MANAGE)
    if ctx.read_only:
        raise ReadOnly
    known = await _locked(session, ctx)
    if known.version != expected_version:
        raise VersionConflict(expected=expected_version, current=known.version)
    before = _cuts(known.rules)
    if cuts.model_dump() == before.model_dump():
        return _settings(known)
    rules = SessionRules(cuts.session_gap_minutes, cuts.cut_at_midnight, cuts.cut_at_campaign, known.rules.zone)
    await counting.save_rules(session, ctx.tenant_id, rules)
    await counting.start_over(session, ctx.tenant_id)
    await _tell(session, ctx, before, cuts)
    return _settings(await _locked(session, ctx))


async def _locked(session: AsyncSession, ctx: Context) -> Counting:
    found = await counting.find(session, ctx.tenant_id, locked=True)
    if found is None:
        tenant = await tenancy.get_current(session, ctx)
        await counting.add(session, ctx.tenant_id, tenant.zone)
        found = await counting.find(session, ctx.tenant_id, locked=True)
    assert found is not None
    return found


async def _tell(session: AsyncSession, ctx: Context, before: SessionCuts, after: SessionCuts) -> None:
    await live.changed(session, live.topic(ctx.tenant_id, "analytics"))
    target = Target(kind="tenant", id=ctx.tenant_id, name="")
    await audit.record(
        session, ctx, AuditVerb.ANALYTICS_SETTINGS_CHANGED, target, before=before.model_dump(), after=after.model_dump()
    )


def _cuts(rules: SessionRules) -> SessionCuts:
    return SessionCuts(
        session_gap_minutes=rules.gap_minutes,
        cut_at_midnight=rules.cut_at_midnight,
        cut_at_campaign=rules.cut_at_campaign,
    )


def _settings(found: Counting) -> CountingSettings:
    recounting = found.reach.rolled_from > EPOCH
    return CountingSettings(**_cuts(found.rules).model_dump(), recounting=recounting, version=found.version)
