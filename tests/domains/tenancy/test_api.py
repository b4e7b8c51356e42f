"""Tenant, plan, usage and audit routes as a program meets them."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio

from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Unauthenticated
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS, Role
from enterprise_app.domains.audit.manifest import DOMAIN as AUDIT
from enterprise_app.domains.audit.rules.chain import verify_csv, verify_jsonl
from enterprise_app.domains.metering import service as metering
from enterprise_app.domains.metering.manifest import DOMAIN as METERING
from enterprise_app.domains.tenancy import service
from enterprise_app.domains.tenancy.manifest import DOMAIN as TENANCY
from enterprise_app.domains.tenancy.schemas import TenantDraft
from enterprise_app.http.app import create_api
from tests.factories import make_context

OPERATOR = Context(PLATFORM_TENANT_ID, Actor(ActorKind.OPERATOR, name="Op"), OPERATOR_PERMISSIONS)


class NamedCallers:
    """`Authorization: <name>` is one of the contexts in `known`."""

    def __init__(self) -> None:
        self.known: dict[str, Context] = {"operator": OPERATOR}

    async def caller(self, request) -> Context:
        if (ctx := self.known.get(request.headers.get("authorization", ""))) is None:
            raise Unauthenticated
        return ctx

    async def visitor(self, request) -> Context:
        return Context(PLATFORM_TENANT_ID, Actor(ActorKind.ANONYMOUS))


@pytest_asyncio.fixture(loop_scope="session")
async def client(db) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a platform with the tenant acme, its owner and a member."""
    callers = NamedCallers()
    tenant = await service.operate(OPERATOR, service.create_tenant, TenantDraft(name="Acme", slug="acme"))
    granted = service.entitlements_of(tenant, now())
    callers.known["owner"] = make_context(tenant.id, Role.OWNER, granted)
    callers.known["member"] = make_context(tenant.id, Role.MEMBER, granted)
    callers.known["suspended"] = replace(callers.known["owner"], read_only=True)
    api = create_api([AUDIT, METERING, TENANCY], callers)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        client.callers = callers  # pyright: ignore[reportAttributeAccessIssue]
        yield client


def who(name: str, **headers: str) -> dict[str, dict[str, str]]:
    return {"headers": {"authorization": name, **headers}}


SETTINGS = {"name": "Acme GmbH", "zone": "Europe/Berlin", "locale": "de", "currency": "EUR"}


async def test_plans_are_public(client):
    plans = (await client.get("/api/v1/plans")).json()
    assert [plan["id"] for plan in plans["items"]] == ["FREE", "STARTER", "PROFESSIONAL", "ENTERPRISE", "WHITE_LABEL"]
    assert (plans["trial_plan"], plans["trial_days"]) == ("PROFESSIONAL", 14)


async def test_settings_need_the_version_that_was_read(client):
    current = await client.get("/api/v1/tenants/current", **who("owner"))
    assert (current.json()["slug"], current.headers["etag"]) == ("acme", '"1"')
    url = "/api/v1/tenants/current/settings"
    assert (await client.put(url, json=SETTINGS, **who("owner"))).status_code == 428
    changed = await client.put(url, json=SETTINGS, **who("owner", **{"if-match": '"1"'}))
    assert (changed.status_code, changed.json()["name"], changed.headers["etag"]) == (200, "Acme GmbH", '"2"')
    again = await client.put(url, json=SETTINGS, **who("owner", **{"if-match": '"1"'}))
    assert (again.status_code, again.json()["code"]) == (409, "version_conflict")
    refused = await client.put(url, json=SETTINGS, **who("member", **{"if-match": '"2"'}))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    suspended = await client.put(url, json=SETTINGS, **who("suspended", **{"if-match": '"2"'}))
    assert (suspended.status_code, suspended.json()["code"]) == (403, "read_only")


async def test_a_bad_field_is_named_in_the_callers_language(client):
    bad = SETTINGS | {"zone": "Mars/Olympus", "name": "x" * 300}
    headers = who("owner", **{"if-match": '"1"', "accept-language": "de"})
    answer = await client.put("/api/v1/tenants/current/settings", json=bad, **headers)
    assert answer.status_code == 422
    assert [(e["field"], e["problem"]) for e in answer.json()["errors"]] == [
        ("name", "hat 300 Zeichen"),
        ("zone", "„Mars/Olympus“ ist keine Zeitzone"),
    ]


async def test_usage_is_what_was_reserved(client):
    ctx = client.callers.known["owner"]
    async with tenant_session(ctx) as session:
        await metering.reserve(session, ctx, Limit.CAMPAIGNS, 3)
    report = (await client.get("/api/v1/tenants/current/usage", **who("owner"))).json()
    campaigns = next(item for item in report["items"] if item["resource"] == "campaigns")
    assert report["plan"] == "PROFESSIONAL"
    assert (campaigns["used"], campaigns["granted"], campaigns["remaining"]) == (3, 100, 97)
    calls = next(item for item in report["items"] if item["resource"] == "api_calls_month")
    assert calls["resets_at"].endswith("-01T00:00:00Z")


async def test_the_operator_finds_moves_suspends_and_resumes(client):
    found = (await client.get("/api/v1/tenants?q=acm", **who("operator"))).json()
    assert (found["total"], found["items"][0]["slug"]) == (1, "acme")
    url = f"/api/v1/tenants/{found['items'][0]['id']}"
    read = [who("operator", **{"if-match": f'"{version}"'}) for version in range(1, 4)]
    moved = await client.put(f"{url}/plan", json={"plan": "STARTER"}, **read[0])
    assert (moved.json()["plan"], moved.headers["etag"]) == ("STARTER", '"2"')
    suspended = await client.post(f"{url}/suspend", json={"reason": "unpaid"}, **read[1])
    assert (suspended.status_code, suspended.json()["status"]) == (200, "suspended")
    assert (await client.post(f"{url}/resume", **read[2])).json()["status"] == "active"
    assert (await client.get(url, **who("operator"))).json()["version"] == 4
    current = (await client.get("/api/v1/tenants/current", **who("owner"))).json()
    assert (current["plan_in_force"], current["on_trial"], current["limits"]["campaigns"]) == ("STARTER", False, 25)


@pytest.mark.parametrize(("method", "act"), [("PUT", "plan"), ("POST", "suspend"), ("POST", "resume")])
async def test_the_operator_changes_only_what_was_read(client, method, act):
    tenant = (await client.get("/api/v1/tenants", **who("operator"))).json()["items"][0]
    url, body = f"/api/v1/tenants/{tenant['id']}", {"plan": "STARTER"} if act == "plan" else {"reason": "unpaid"}
    absent = await client.request(method, f"{url}/{act}", json=body, **who("operator"))
    stale = await client.request(method, f"{url}/{act}", json=body, **who("operator", **{"if-match": '"7"'}))
    assert [(a.status_code, a.json()["code"]) for a in (absent, stale)] == [
        (428, "precondition_required"),
        (409, "version_conflict"),
    ]
    assert (await client.get(url, **who("operator"))).json() == tenant


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/0192f0c1-7a6b-7c00-8000-000000000000"),
        ("PUT", "/0192f0c1-7a6b-7c00-8000-000000000000/plan"),
        ("POST", "/0192f0c1-7a6b-7c00-8000-000000000000/suspend"),
    ],
)
async def test_the_operators_routes_are_closed_to_owners(client, method, path):
    body = {"plan": "WHITE_LABEL", "reason": "x"}
    assert (await client.request(method, f"/api/v1/tenants{path}", json=body, **who("owner"))).status_code == 403


async def test_the_audit_trail_is_listed_verified_and_exported(client):
    await client.put("/api/v1/tenants/current/settings", json=SETTINGS, **who("owner", **{"if-match": '"1"'}))
    listed = (await client.get("/api/v1/audit-logs?filter=verb:eq:tenant.settings_changed", **who("owner"))).json()
    assert [item["after"]["currency"] for item in listed["items"]] == ["EUR"]
    report = (await client.get("/api/v1/audit-logs/verify", **who("owner"))).json()
    assert (report["ok"], report["entries"]) == (True, 2)
    jsonl = await client.get("/api/v1/audit-logs/export", **who("owner"))
    csv = await client.get("/api/v1/audit-logs/export?format=csv", **who("owner"))
    assert verify_jsonl(jsonl.text.splitlines()).problem is None
    assert verify_csv(csv.text.splitlines(keepends=True)).problem is None
    assert csv.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    for path in ("", "/verify", "/export"):
        assert (await client.get(f"/api/v1/audit-logs{path}", **who("member"))).status_code == 403
    assert (await client.get("/api/v1/audit-logs?filter=nonsense:eq:1", **who("owner"))).status_code == 422
