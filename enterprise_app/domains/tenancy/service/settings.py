"""A tenant's own view of itself, and its settings."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.errors import FieldProblem, ReadOnly
from enterprise_app.core.table import take_version
from enterprise_app.core.texts import LOCALES
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import Target

from .. import queries
from ..errors import all_of, no_such_tenant
from ..events import TenantSettingsChanged
from ..models import TenantRow
from ..rules.names import name_problem, normal_name
from ..schemas import CurrentTenant, Tenant, TenantSettings
from .entitlements import entitlements_of


async def get_current(session: AsyncSession, ctx: Context) -> CurrentTenant:
    """The caller's tenant with what it may use now. Needs tenant:read."""
    ctx.require(Permission.TENANT_READ)
    return _current(await _own_row(session, ctx))


async def update_settings(
    session: AsyncSession, ctx: Context, expected_version: int, settings: TenantSettings
) -> CurrentTenant:
    """Replace the settings. Raises Invalid with every bad field, VersionConflict when someone saved first, ReadOnly."""
    ctx.require(Permission.TENANT_MANAGE)
    if ctx.read_only:
        raise ReadOnly
    settings = settings.model_copy(update={"name": normal_name(settings.name)})
    chosen = choice_problems(settings.zone, settings.locale, settings.currency)
    all_of([name_problem(settings.name), *chosen])
    row = await _own_row(session, ctx)
    await take_version(session, row, expected_version)
    before = {name: getattr(row, name) for name, value in settings if getattr(row, name) != value}
    for name in before:
        setattr(row, name, getattr(settings, name))
    await session.flush()
    if before:
        await _tell(session, ctx, row, before)
    return _current(row)


def choice_problems(zone: str, locale: str, currency: str) -> list[FieldProblem | None]:
    """What is wrong with time zone, language and currency."""
    languages = {"locale": locale, "locales": ", ".join(LOCALES)}
    return [
        None if zone in _zones() else FieldProblem("zone", "zone_unknown", {"zone": zone[:100]}),
        None if locale in LOCALES else FieldProblem("locale", "locale_unknown", languages),
        None if currency in _currencies() else FieldProblem("currency", "currency_unknown", {"currency": currency}),
    ]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _currencies() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


async def _own_row(session: AsyncSession, ctx: Context) -> TenantRow:
    row = await queries.find(session, ctx.tenant_id)
    if row is None:
        raise no_such_tenant(ctx.tenant_id)
    return row


def _current(row: TenantRow) -> CurrentTenant:
    tenant = Tenant.model_validate(row)
    granted = entitlements_of(tenant, at := now())
    return CurrentTenant(
        **tenant.model_dump(),
        plan_in_force=granted.plan,
        on_trial=tenant.trial_ends_at is not None and at < tenant.trial_ends_at,
        features=sorted(feature.value for feature in granted.features),
        limits={limit.value: number for limit, number in granted.limits.items()},
    )


async def _tell(session: AsyncSession, ctx: Context, row: TenantRow, before: dict[str, object]) -> None:
    after = {name: getattr(row, name) for name in before}
    event = TenantSettingsChanged(tenant_id=row.id, entity_id=row.id, fields=sorted(before))
    await events.publish(session, ctx, event)
    await live.changed(session, live.topic(row.id, "tenant"))
    await live.changed(session, live.platform_topic("tenants"))
    target = Target(kind="tenant", id=row.id, name=row.name)
    await audit.record(session, ctx, AuditVerb.TENANT_SETTINGS_CHANGED, target, before=before, after=after)
