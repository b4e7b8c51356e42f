"""The life of a tenant on the real database: made whole or not at all, found, set up, moved, suspended."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import system_session as guarded_system_session
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Forbidden, Invalid, NotFound, ReadOnly, VersionConflict
from enterprise_app.core.vocabulary.entitlements import Feature, Limit
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS, Role
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.tenancy import service
from enterprise_app.domains.tenancy.schemas import Tenant, TenantDraft, TenantSettings
from tests.factories import make_context

OPERATOR = Context(PLATFORM_TENANT_ID, Actor(ActorKind.OPERATOR, name="Op"), OPERATOR_PERMISSIONS)


@pytest.fixture(autouse=True)
def may_open_system_sessions(monkeypatch):
    """These tests stand where identity and edge stand."""
    monkeypatch.setattr("enterprise_app.core.db.may_open_system_session", lambda module: True)


def system_session():
    return guarded_system_session("test")


async def make(slug: str = "acme", **values) -> Tenant:
    async with system_session() as session:
        return await service.create_tenant(session, OPERATOR, TenantDraft(name=slug.title(), slug=slug, **values))


def owner_of(tenant: Tenant, role: Role = Role.OWNER) -> Context:
    return make_context(tenant.id, role, service.entitlements_of(tenant, now()))


def problems(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in error.value.problems]


async def test_a_new_tenant_is_on_trial_audited_and_found(db):
    tenant = await make(locale="de", zone="Europe/Berlin")
    assert (tenant.plan, tenant.currency, tenant.version) == ("FREE", "EUR", 1)
    assert service.entitlements_of(tenant, now()).plan == "PROFESSIONAL"
    assert service.entitlements_of(tenant, now() + timedelta(days=14, seconds=1)).plan == "FREE"
    async with system_session() as session:
        assert await service.find_by_slug(session, "ACME") == tenant
        assert await service.find_by_id(session, tenant.id) == tenant
        assert await service.find_by_slug(session, "nobody") is None
        assert (await audit.verify(session, tenant.id)).ok
    ctx = owner_of(tenant)
    async with tenant_session(ctx) as session:
        entries = (await audit.list_entries(session, ctx)).items
        current = await service.get_current(session, ctx)
    assert [(e.verb, e.actor_kind) for e in entries] == [("tenant.created", "operator")]
    assert (current.plan_in_force, current.on_trial) == ("PROFESSIONAL", True)
    assert current.limits["campaigns"] == 100


async def test_a_tenant_is_found_by_host(db, monkeypatch):
    tenant = await make()
    base = type("S", (), {"base_url": "http://atrium.localhost:8000"})
    monkeypatch.setattr("enterprise_app.domains.tenancy.service.directory.get_settings", lambda: base)
    async with system_session() as session:
        assert await service.find_by_host(session, "acme.atrium.localhost:8000") == tenant
        assert await service.find_by_host(session, "atrium.localhost:8000") is None
        assert await service.find_by_host(session, "acme.example.com") is None


async def test_every_bad_field_is_named_at_once(db):
    draft = TenantDraft(name="x" * 300, slug="admin", zone="Mars/Olympus", locale="tlh", currency="DOG")
    async with system_session() as session:
        with pytest.raises(Invalid) as refused:
            await service.create_tenant(session, OPERATOR, draft)
    assert problems(refused) == [
        ("name", "name_long"),
        ("slug", "slug_reserved"),
        ("zone", "zone_unknown"),
        ("locale", "locale_unknown"),
        ("currency", "currency_unknown"),
    ]


@pytest.mark.parametrize(("slug", "code"), [("acme", "slug_taken"), ("acrne", "slug_lookalike_taken")])
async def test_a_taken_slug_and_its_look_alike_are_refused(db, slug, code):
    await make("acme")
    with pytest.raises(Invalid) as refused:
        await make(slug)
    assert problems(refused) == [("slug", code)]


@pytest.mark.parametrize("name", ["\u0634\u0631\u0643\u0629 \u0646\u0648\u0631", "\U0001f468\u200d\U0001f469 & Co"])
async def test_names_in_any_script_come_back_as_they_went_in(db, name):
    async with system_session() as session:
        tenant = await service.create_tenant(session, OPERATOR, TenantDraft(name=name, slug="acme"))
        assert (await service.find_by_slug(session, "acme")) == tenant
    assert tenant.name == name


async def test_twenty_at_once_for_one_slug_make_one_tenant(committed_db):
    results = await asyncio.gather(*(make("acme") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(r, Tenant) for r in results) == 1
    assert {p.code for r in results if isinstance(r, Invalid) for p in r.problems} == {"slug_taken"}


async def test_a_crash_after_it_leaves_nothing(committed_db):
    async def crash() -> None:
        async with system_session() as session:
            await service.create_tenant(session, OPERATOR, TenantDraft(name="Acme", slug="acme"))
            raise RuntimeError("crash")

    with pytest.raises(RuntimeError):
        await crash()
    async with system_session() as session:
        assert await service.find_by_slug(session, "acme") is None
        assert await audit.list_chains(session) == []


async def test_settings_are_replaced_with_the_version_read(db):
    tenant = await make()
    ctx = owner_of(tenant)
    wanted = TenantSettings(name=" Acme  GmbH ", zone="Europe/Berlin", locale="de", currency="EUR", ip_truncation=True)
    async with tenant_session(ctx) as session:
        changed = await service.update_settings(session, ctx, 1, wanted)
        with pytest.raises(VersionConflict) as refused:
            await service.update_settings(session, ctx, 1, wanted)
        entry = (await audit.list_entries(session, ctx)).items[0]
    assert (changed.name, changed.version, changed.ip_truncation) == ("Acme GmbH", 2, True)
    assert refused.value.params["current"] == 2
    assert entry.before == {"currency": "USD", "ip_truncation": False, "locale": "en", "name": "Acme", "zone": "UTC"}


async def test_settings_are_refused_to_members_suspended_tenants_and_nonsense(db):
    tenant = await make()
    settings = TenantSettings(name="A", zone="UTC", locale="en", currency="USD")
    member, owner = owner_of(tenant, Role.MEMBER), owner_of(tenant)
    async with tenant_session(owner) as session:
        with pytest.raises(Forbidden):
            await service.update_settings(session, member, 1, settings)
        with pytest.raises(ReadOnly):
            await service.update_settings(session, replace(owner, read_only=True), 1, settings)
        with pytest.raises(Invalid) as refused:
            await service.update_settings(session, owner, 1, settings.model_copy(update={"zone": "UTC+1"}))
    assert problems(refused) == [("zone", "zone_unknown")]


async def test_a_tenant_sees_only_its_own_row_and_may_not_touch_its_plan(db):
    from sqlalchemy import text
    from sqlalchemy.exc import ProgrammingError

    one, two = await make("acme"), await make("bolt")
    ctx = owner_of(one)
    async with tenant_session(ctx) as session:
        assert await service.find_by_id(session, two.id) is None
        assert (await session.execute(text("SELECT slug FROM tenants"))).scalars().all() == ["acme"]
    statements = ("UPDATE tenants SET plan = 'X'", "UPDATE tenants SET status = 'active'", "DELETE FROM tenants")
    for statement in statements:
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with tenant_session(ctx) as session:
                await session.execute(text(statement))


async def test_a_plan_change_is_in_force_at_once_and_ends_the_trial(db):
    tenant = await make()
    async with system_session() as session:
        changed = await service.change_plan(session, OPERATOR, tenant.id, "STARTER")
        again = await service.change_plan(session, OPERATOR, tenant.id, "STARTER")
        with pytest.raises(Invalid) as refused:
            await service.change_plan(session, OPERATOR, tenant.id, "GOLD")
    granted = service.entitlements_of(changed, now())
    assert (granted.plan, granted.limit(Limit.CAMPAIGNS)) == ("STARTER", 25)
    assert Feature.BRANDING not in granted.features
    assert again.version == changed.version == 2
    assert problems(refused) == [("plan", "plan_unknown")]


async def test_suspend_and_resume_are_audited_in_the_tenants_chain(db):
    tenant = await make()
    async with system_session() as session:
        suspended = await service.suspend_tenant(session, OPERATOR, tenant.id, "unpaid")
        resumed = await service.resume_tenant(session, OPERATOR, tenant.id)
        assert (await audit.verify(session, tenant.id)).entries == 3
    assert (suspended.status, suspended.suspended_reason) == ("suspended", "unpaid")
    assert (resumed.status, resumed.suspended_reason) == ("active", "")


async def test_only_the_operator_may_and_never_on_the_platform(db):
    tenant = await make()
    async with system_session() as session:
        for call in (
            service.change_plan(session, owner_of(tenant), tenant.id, "STARTER"),
            service.suspend_tenant(session, owner_of(tenant), tenant.id, "x"),
            service.resume_tenant(session, owner_of(tenant), tenant.id),
            service.list_tenants(session, owner_of(tenant)),
            service.get_tenant(session, owner_of(tenant), tenant.id),
        ):
            with pytest.raises(Forbidden):
                await call
        with pytest.raises(Conflict):
            await service.suspend_tenant(session, OPERATOR, PLATFORM_TENANT_ID, "x")
        with pytest.raises(NotFound):
            await service.get_tenant(session, OPERATOR, make_context().tenant_id)


async def test_the_operators_list_searches_pages_and_hides_the_platform(db):
    for slug in ("acme", "bolt", "bolt-two"):
        await make(slug)
    async with system_session() as session:
        first = await service.list_tenants(session, OPERATOR, service.LISTING.parse(limit=2, sort="slug"))
        rest = service.LISTING.parse(limit=2, sort="slug", cursor=first.next_cursor)
        second = await service.list_tenants(session, OPERATOR, rest)
        found = await service.list_tenants(session, OPERATOR, service.LISTING.parse(q="BOLT"))
        none = await service.list_tenants(session, OPERATOR, service.LISTING.parse(q="platform"))
    assert [[t.slug for t in page.items] for page in (first, second)] == [["acme", "bolt"], ["bolt-two"]]
    assert (first.total, found.total, none.total) == (3, 2, 0)
