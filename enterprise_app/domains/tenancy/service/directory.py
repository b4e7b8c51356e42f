"""Tenants before anybody is in one: making, and finding by slug or host. All of it needs a system session."""

from dataclasses import replace
from typing import Any
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
from ..rules.slugs import DEMO_SLUG, normal_slug, slug_problem
from ..schemas import DemoTerms, Tenant, TenantDraft
from ..vocabulary import DEFAULT_CURRENCIES
from .settings import choice_problems


async def create_tenant(
    session: AsyncSession, ctx: Context, draft: TenantDraft, *, demo: DemoTerms | None = None
) -> Tenant:
    """Make a tenant on its trial, in the caller's (system) transaction; audited first in its own chain.

    A demonstration has a plan of its own instead: a trial would end, and with it the age that its data may have.

    `ctx` says who does it; the tenant's id is new. Raises Invalid naming every bad field: name, slug (malformed,
    reserved, taken, a look-alike), zone, locale, currency.
    """
    name, slug = normal_name(draft.name), normal_slug(draft.slug)
    currency = draft.currency or DEFAULT_CURRENCIES.get(draft.locale, "USD")
    bad_slug = None if demo and slug == DEMO_SLUG else slug_problem(slug)
    all_of([name_problem(name), bad_slug, *choice_problems(draft.zone, draft.locale, currency)])
    await _check_free(session, slug)
    known = catalogue()
    row = TenantRow(
        slug=slug,
        skeleton=skeleton(slug),
        name=name,
        plan=demo.plan if demo else known.default_plan,
        trial_ends_at=None if demo else now() + known.trial,
        demo=demo.recipe if demo else None,
        zone=draft.zone,
        locale=draft.locale,
        currency=currency,
    )
    session.add(row)
    await session.flush()
    await _tell(session, replace(ctx, tenant_id=row.id), row)
    return Tenant.model_validate(row)


async def set_recipe(session: AsyncSession, tenant_id: UUID, recipe: dict[str, Any]) -> None:
    """From what a demonstration's data are made, in a system session; a real tenant doesn't become one."""
    row = await queries.find(session, tenant_id, locked=True)
    if row is not None and row.is_demo:
        row.demo = recipe
        await session.flush()


async def find_recipe(session: AsyncSession, tenant_id: UUID) -> dict[str, Any] | None:
    """What `set_recipe` or the creation noted; None for a real tenant."""
    row = await queries.find(session, tenant_id)
    return row.demo if row else None


async def check_slug(session: AsyncSession, slug: str) -> None:
    """Raises Invalid when the slug can't be taken: malformed, reserved, taken, or the look-alike of one that is."""
    slug = normal_slug(slug)
    all_of([slug_problem(slug)])
    await _check_free(session, slug)


async def _check_free(session: AsyncSession, slug: str) -> None:
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
