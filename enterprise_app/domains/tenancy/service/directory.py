"""Tenants before anybody is in one: making, and finding by slug or host. All of it needs a system session."""

from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from .. import queries
from ..errors import all_of, slug_taken
from ..events import TenantCreated
from ..models import TenantRow
from ..rules.confusables import skeleton
from ..rules.hosts import slug_of_host
from ..rules.names import name_problem, normal_name
from ..rules.plans import catalogue
from ..rules.slugs import normal_slug, slug_problem
from ..schemas import Tenant, TenantDraft
from ..vocabulary import DEFAULT_CURRENCIES
from .settings import choice_problems


async def create_tenant(session: AsyncSession, ctx: Context, draft: TenantDraft) -> Tenant:
    """Make a tenant on its trial, in the caller's (system) transaction; audited first in its own chain.

    `ctx` says who does it; the tenant's id is new. Raises Invalid naming every bad field: name, slug (malformed,
    reserved, taken, a look-alike), zone, locale, currency.
    """
    name, slug = normal_name(draft.name), normal_slug(draft.slug)
    currency = draft.currency or DEFAULT_CURRENCIES.get(draft.locale, "USD")
    all_of([name_problem(name), slug_problem(slug), *choice_problems(draft.zone, draft.locale, currency)])
    await check_slug(session, slug)
    known = catalogue()
    row = TenantRow(
        slug=slug,
        skeleton=skeleton(slug),
        name=name,
        plan=known.default_plan,
        trial_ends_at=now() + known.trial,
        zone=draft.zone,
        locale=draft.locale,
        currency=currency,
    )
    session.add(row)
    await session.flush()
    await _tell(session, replace(ctx, tenant_id=row.id), row)
    return Tenant.model_validate(row)


async def check_slug(session: AsyncSession, slug: str) -> None:
    """Raises Invalid when the slug can't be taken: malformed, reserved, taken, or the look-alike of one that is."""
    slug = normal_slug(slug)
    all_of([slug_problem(slug)])
    await queries.lock_slugs(session, skeleton(slug))
    taken = await queries.find_slug_like(session, skeleton(slug))
    if taken is not None:
        raise slug_taken(slug, exactly=taken == slug)


async def find_by_id(session: AsyncSession, tenant_id: UUID) -> Tenant | None:
    """A tenant by id."""
    return _shape(await queries.find(session, tenant_id))


async def find_by_slug(session: AsyncSession, slug: str) -> Tenant | None:
    """A tenant by slug, in capitals or not."""
    return _shape(await queries.find_by_slug(session, normal_slug(slug)))


async def find_by_host(session: AsyncSession, host: str) -> Tenant | None:
    """The tenant that answers on a host (`acme.atrium.localhost:8000`); None for the platform's and foreign hosts."""
    base = urlsplit(get_settings().base_url).hostname or ""
    slug = slug_of_host(host, base)
    return await find_by_slug(session, slug) if slug else None


def _shape(row: TenantRow | None) -> Tenant | None:
    return None if row is None else Tenant.model_validate(row)


async def _tell(session: AsyncSession, ctx: Context, row: TenantRow) -> None:
    event = TenantCreated(tenant_id=row.id, entity_id=row.id, slug=row.slug, name=row.name, plan=row.plan)
    await events.publish(session, ctx, event)
    await live.changed(session, live.platform_topic("tenants"))
    after = {"slug": row.slug, "name": row.name, "plan": row.plan, "trial_ends_at": row.trial_ends_at}
    target = Target(kind="tenant", id=row.id, name=row.name)
    await audit.record(session, ctx, AuditVerb.TENANT_CREATED, target, after=after)
