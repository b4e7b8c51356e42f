"""How long events are kept: the tenant's choice, the announcement, what would go. Nothing here deletes (jobs.py)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid, ReadOnly, VersionConflict
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Limit
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.analytics.events import RetentionAnnounced
from enterprise_app.domains.analytics.queries import retention as rows
from enterprise_app.domains.analytics.queries.retention import Keeping
from enterprise_app.domains.analytics.rules.retention import FOREVER, NOTICE, Windows, decide, shorter, windows_of
from enterprise_app.domains.analytics.rules.tiles import EPOCH
from enterprise_app.domains.analytics.schemas import Retention, RetentionChoice, WouldGo
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.identity.vocabulary import MemberStatus
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import Plan


async def get_retention(session: AsyncSession, ctx: Context) -> Retention:
    """What is kept for how long, what was announced, and what would go under each smaller plan."""
    ctx.require(Permission.ANALYTICS_READ)
    return await _shape(session, ctx, await rows.find(session, ctx.tenant_id))


async def change_retention(
    session: AsyncSession, ctx: Context, expected_version: int, choice: RetentionChoice
) -> Retention:
    """Decide how long imported events are kept; less is announced first. Raises VersionConflict, ReadOnly."""
    ctx.require(Permission.TENANT_MANAGE)
    if ctx.read_only:
        raise ReadOnly
    known = await rows.find(session, ctx.tenant_id, locked=True)
    if known.version != expected_version:
        raise VersionConflict(expected=expected_version, current=known.version)
    before = RetentionChoice(imported=known.imported, imported_days=known.imported_days)
    if choice != before:
        changes = {"imported": choice.imported.value, "imported_days": choice.imported_days}
        await rows.save(session, ctx.tenant_id, version=known.version + 1, imports_before=None, **changes)
        await live.changed(session, live.topic(ctx.tenant_id, "analytics"))
        target = Target(kind="tenant", id=ctx.tenant_id, name="")
        was, now_is = before.model_dump(mode="json"), choice.model_dump(mode="json")
        await audit.record(session, ctx, AuditVerb.ANALYTICS_SETTINGS_CHANGED, target, before=was, after=now_is)
    return await _shape(session, ctx, await rows.find(session, ctx.tenant_id))


async def decide_retention(session: AsyncSession, ctx: Context) -> datetime | None:
    """Announce what is about to go, once; a week later let it go. Every night; says from when on something goes."""
    ctx.require(Permission.TENANT_MANAGE)
    known, at = await rows.find(session, ctx.tenant_id, locked=True), now()
    wanted = await _wanted(session, ctx, known)
    step = decide(at, wanted, known.announced, await rows.find_oldest(session, ctx.tenant_id))
    await rows.save_decision(session, ctx.tenant_id, step.announced, step.events_before, step.imports_before)
    if step.is_news and step.announced is not None:
        count = await _count_due(session, ctx, step.announced.due_at, wanted)
        fact = RetentionAnnounced(
            tenant_id=ctx.tenant_id, entity_id=ctx.tenant_id, due_at=step.announced.due_at, events=count,
            days=wanted.events, imported_days=wanted.imports,
        )  # fmt: skip
        await events.publish(session, ctx, fact)
        await live.changed(session, live.topic(ctx.tenant_id, "analytics"))
    return step.announced.due_at if step.announced else None


async def make_retention_mails(
    session: AsyncSession, ctx: Context, event: RetentionAnnounced
) -> list[tuple[str, str, str]]:
    """(to, subject, text) for each owner."""
    tenant = await tenancy.get_current(session, ctx)
    query = identity.MEMBERS.parse(limit=200, filters=[f"role:eq:{Role.OWNER}", f"status:eq:{MemberStatus.ACTIVE}"])
    owners = (await identity.list_members(session, ctx, query)).items
    told = {
        "workspace": tenant.name, "date": f"{event.due_at:%Y-%m-%d}", "events": f"{event.events:,}",
        "days": event.days if event.days != FOREVER else "∞", "url": f"{identity.tenant_url(tenant.slug)}/settings",
    }  # fmt: skip
    subject = translate(tenant.locale, "analytics.retention_mail.subject", **told)
    text = translate(tenant.locale, "analytics.retention_mail.text", **told)
    return [(owner.email, subject, text) for owner in owners]


async def preview_plan(ctx: Context, tenant_id: UUID, plan: str) -> WouldGo | None:
    """Which events of a tenant would go under another plan than it has; None when it keeps them as long.

    For the operator. Raises Invalid for an unknown plan, NotFound for an unknown tenant.
    """
    ctx.require(Permission.OPERATOR_TENANTS)
    terms = {known.id: known for known in tenancy.list_plans().items}
    if plan not in terms:
        raise Invalid.of("plan", "plan_unknown", plan=plan, plans=", ".join(terms))
    await tenancy.operate(ctx, tenancy.get_tenant, tenant_id)
    inside = job_context(tenant_id, "analytics.preview_plan")
    async with tenant_session(inside) as session:
        known = await rows.find(session, tenant_id)
        wanted = await _wanted(session, inside, known)
        return await _would_go(session, inside, known, wanted, terms[plan])


async def _would_go(session: AsyncSession, ctx: Context, known: Keeping, wanted: Windows, plan: Plan) -> WouldGo | None:
    days = plan.limits[Limit.RETENTION_DAYS.value]
    if days == UNLIMITED or not shorter(days, wanted.events):
        return None
    windows = windows_of(days, known.imported, known.imported_days)
    return WouldGo(plan=plan.id, days=days, events=await _count_due(session, ctx, now(), windows))


async def _wanted(session: AsyncSession, ctx: Context, known: Keeping) -> Windows:
    tenant = await tenancy.get_current(session, ctx)
    return windows_of(tenant.limits[Limit.RETENTION_DAYS.value], known.imported, known.imported_days)


async def _count_due(session: AsyncSession, ctx: Context, at: datetime, windows: Windows) -> int:
    return await rows.count_older(session, ctx.tenant_id, _since(at, windows.events), _since(at, windows.imports))


def _since(at: datetime, days: int) -> datetime:
    return EPOCH if days == FOREVER else at - timedelta(days=days)


async def _shape(session: AsyncSession, ctx: Context, known: Keeping) -> Retention:
    wanted, at = await _wanted(session, ctx, known), now()
    due_at = known.announced.due_at if known.announced else None
    smaller = [await _would_go(session, ctx, known, wanted, plan) for plan in tenancy.list_plans().items]
    return Retention(
        imported=known.imported, imported_days=known.imported_days, version=known.version,
        events_kept_days=wanted.events, imports_kept_days=wanted.imports, due_at=due_at,
        due_events=await _count_due(session, ctx, due_at if due_at and due_at > at else at + NOTICE, wanted),
        smaller_plans=[found for found in smaller if found],
    )  # fmt: skip
