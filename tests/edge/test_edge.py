"""TEN-02 and IAM-04 over HTTP: which tenant a request means, and how fast a lost right is lost."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.identity.api import forms
from enterprise_app.domains.identity.manifest import DOMAIN
from enterprise_app.edge import Edge, SessionReader
from enterprise_app.http.app import create_api
from tests.domains.identity.world import cookie, registered
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")
ADA, PASSWORD = "ada@acme.example", "correct horse battery"
BASE = "http://atrium.localhost:8000"
ACME, UMBRELLA = "http://acme.atrium.localhost:8000", "http://umbrella.atrium.localhost:8000"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def edge() -> Edge:
    return Edge(cache_seconds=0)


@pytest_asyncio.fixture(loop_scope="session")
async def client(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_api([DOMAIN], edge))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def token(client: httpx.AsyncClient, email: str = ADA, **more: str) -> dict[str, str]:
    body = {"email": email, "password": PASSWORD, **more}
    answer = await client.post("/api/v1/auth/token", json=body)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def api_key(client: httpx.AsyncClient, bearer: dict[str, str], **more: object) -> tuple[str, str]:
    answer = await client.post("/api/v1/api-keys", json={"name": "Import", **more}, headers=bearer)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["key"]


async def test_register_then_token_then_members(db: JoinedSource, client: httpx.AsyncClient) -> None:
    body = {"name": "Acme", "slug": "acme", "owner_name": "Ada", "email": ADA, "password": PASSWORD}
    made = await client.post("/api/v1/tenants/register", json=body)
    assert made.status_code == 201, made.text
    again = await client.post("/api/v1/tenants/register", json=body)
    assert again.json()["errors"][0]["code"] == "slug_taken"
    listed = await client.get("/api/v1/members", headers=await token(client))
    assert [m["email"] for m in listed.json()["items"]] == [ADA]


async def test_host_header_key_and_token_must_agree(db: JoinedSource, client: httpx.AsyncClient) -> None:
    acme = await registered("acme")
    umbrella = await registered("umbrella", email=ADA)
    bearer = await token(client, tenant="acme")
    _, key = await api_key(client, bearer)
    tokens = ({"authorization": bearer["authorization"]}, {"x-api-key": key}, {"authorization": f"Bearer {key}"})
    for headers in tokens:
        for url in (BASE, ACME):
            assert (await client.get(f"{url}/api/v1/members", headers=headers)).status_code == 200
        same = headers | {"x-tenant-id": str(acme.tenant_id)}
        assert (await client.get("/api/v1/members", headers=same)).status_code == 200
        for url, more in ((UMBRELLA, {}), (BASE, {"x-tenant-id": str(umbrella.tenant_id)})):
            refused = await client.get(f"{url}/api/v1/members", headers=headers | more)
            assert (refused.status_code, refused.json()["code"]) == (400, "tenant_mismatch")


async def test_a_tenant_one_is_no_member_of_is_refused_and_audited(db: JoinedSource, client: httpx.AsyncClient) -> None:
    acme, umbrella = await registered("acme"), await registered("umbrella")
    bearer = await token(client)
    for named in (str(umbrella.tenant_id), "umbrella", "00000000-0000-0000-0000-000000000000", "no-such", "'; --"):
        refused = await client.get("/api/v1/members", headers=bearer | {"x-tenant-id": named})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_member"), named
    rows = await db.connection.execute(sa.text("SELECT tenant_id FROM audit_log WHERE verb = 'access.refused'"))
    assert set(rows.scalars()) == {acme.tenant_id}


async def test_the_platform_session_names_its_tenant(db: JoinedSource, client: httpx.AsyncClient) -> None:
    acme, umbrella = await registered("acme"), await registered("umbrella")
    signed = await client.post("/auth/sign-in", data={"email": ADA, "password": PASSWORD})
    assert signed.status_code == 303
    assert "httponly" in signed.headers["set-cookie"].lower()
    own = await client.get("/api/v1/members", headers={"x-tenant-id": str(acme.tenant_id)})
    assert own.status_code == 200
    foreign = await client.get("/api/v1/members", headers={"x-tenant-id": str(umbrella.tenant_id)})
    assert foreign.status_code == 403
    assert (await client.get("/api/v1/members")).status_code == 403
    landed = await client.get(signed.headers["location"])
    assert (landed.status_code, landed.headers["location"]) == (303, "/")


async def test_a_foreign_link_signs_nobody_in(
    db: JoinedSource, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thief's own hand-over in a link on another site: whoever follows it would work in the thief's account."""
    await registered("acme")
    signed = await client.post("/auth/sign-in", data={"email": ADA, "password": PASSWORD})
    monkeypatch.setattr(forms, "get_settings", lambda: SimpleNamespace(base_url="https://atrium.example"))
    foreign = {"sec-fetch-site": "cross-site"}
    refused = await client.get(signed.headers["location"], headers=foreign)
    assert (refused.status_code, "set-cookie" in refused.headers) == (303, False)
    landed = await client.get(signed.headers["location"], headers={"sec-fetch-site": "same-site"})
    assert "set-cookie" in landed.headers


async def test_a_cookie_beside_basic_authorization_is_only_a_cookie(
    db: JoinedSource, client: httpx.AsyncClient
) -> None:
    await registered("acme")
    headers = {"cookie": f"atrium_session={await cookie(ADA, 'acme')}", "authorization": "Basic eDp5"}
    for origin in ("http://umbrella.atrium.localhost:8000", "http://["):
        refused = await client.delete(f"{ACME}/api/v1/sessions", headers=headers | {"origin": origin})
        assert (refused.status_code, refused.json()["code"]) == (403, "origin_refused")
    form = await client.post("/auth/sign-in", data={"email": ADA, "password": PASSWORD}, headers={"origin": "http://["})
    assert form.status_code == 403


async def test_the_use_of_a_key_is_audited_once_a_day(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    key_id, key = await api_key(client, await token(client))
    for _ in range(3):
        assert (await client.get("/api/v1/members", headers={"x-api-key": key})).status_code == 200
    query = "SELECT target_id, ip FROM audit_log WHERE verb = 'api_key.used'"
    rows = (await db.connection.execute(sa.text(query))).all()
    assert [tuple(row) for row in rows] == [(key_id, "127.0.0.1")]


async def test_nobody_and_nonsense(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    bad = ("", "Bearer ", "Bearer att_x", "Bearer atr_x", "Bearer atw_x", "Basic eDp5", "Bearer \u00e9")
    for value in bad:
        answer = await client.get("/api/v1/members", headers=[(b"authorization", value.encode("latin-1"))])
        assert answer.status_code == 401, value
    unknown = await client.get("http://nobody.atrium.localhost:8000/api/v1/members", headers=await token(client))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "tenant_unknown")


async def test_two_cookies_of_the_name_count_as_none(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    secret = await cookie(ADA, "acme")
    url = f"{ACME}/api/v1/members"
    assert (await client.get(url, headers={"cookie": f"atrium_session={secret}"})).status_code == 200
    tossed = {"cookie": f"atrium_session=planted; atrium_session={secret}"}
    assert (await client.get(url, headers=tossed)).status_code == 401


async def test_suspended_members_lose_session_token_and_key(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    ada = await token(client)
    invited = await client.post("/api/v1/invitations", json={"email": "g@acme.example", "role": "admin"}, headers=ada)
    link_token = invited.json()["link"].partition("token=")[2]
    accept = {"token": link_token, "name": "Grace", "password": PASSWORD}
    joined = await client.post(f"{ACME}/auth/invitation", data=accept)
    assert (joined.status_code, joined.headers["location"]) == (303, "/"), joined.text
    grace = await token(client, "g@acme.example")
    _, key = await api_key(client, grace)
    session = {"cookie": f"atrium_session={joined.cookies['atrium_session']}"}
    client.cookies.clear()
    ways = (grace, {"x-api-key": key}, session)
    listed = await client.get("/api/v1/members?filter=role:eq:admin", headers=ada)
    member = listed.json()["items"][0]
    for change, status in (({"status": "suspended"}, 403), ({"status": "active"}, 200), ({"role": "guest"}, 403)):
        at = f"/api/v1/members/{member['id']}"
        assert (await client.patch(at, json=change, headers=ada)).status_code == 428
        version = (await client.get(at, headers=ada)).headers["etag"]
        changed = await client.patch(at, json=change, headers=ada | {"if-match": version})
        assert changed.status_code == 200, changed.text
        for way in ways:
            assert (await client.get(f"{ACME}/api/v1/members", headers=way)).status_code == status, (change, way)


async def test_the_cache_forgets_on_the_topic(db: JoinedSource) -> None:
    await registered("acme")
    edge, secret, host = Edge(), await cookie(ADA, "acme"), "acme.atrium.localhost"
    reader = SessionReader(edge)
    assert await reader.find_reference(secret, host)
    await db.connection.execute(sa.text("UPDATE sessions SET revoked_at = now()"))
    assert await reader.find_reference(secret, host), "cached for at most three seconds"
    edge.forget("credentials")
    assert await reader.find_reference(secret, host) is None


async def test_suspended_tenants_are_read_only(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    bearer = await token(client)
    await db.connection.execute(sa.text("UPDATE tenants SET status = 'suspended' WHERE slug = 'acme'"))
    assert (await client.get("/api/v1/members", headers=bearer)).status_code == 200
    wanted = {"email": "g@acme.example", "role": "member"}
    assert (await client.post("/api/v1/invitations", json=wanted, headers=bearer)).status_code == 403


async def test_forms_come_back_with_a_code_and_never_leave_the_host(
    db: JoinedSource, client: httpx.AsyncClient
) -> None:
    await registered("acme")
    wrong = await client.post("/auth/sign-in", data={"email": ADA, "password": "x", "next": "//evil.example"})
    assert wrong.headers["location"] == "/sign-in?error=sign_in_failed&next=%2F"
    empty = await client.post("/auth/sign-in", content="", headers=FORM)
    assert empty.headers["location"] == "/sign-in?error=required&field=email"
    for bad in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/%0d%0aX",
        "javascript:alert(1)",
        "\t//e",
    ):
        good = await client.post("/auth/sign-in", data={"email": ADA, "password": PASSWORD, "next": bad})
        assert good.headers["location"].startswith(f"{ACME}/auth/handoff?code="), bad
        landed = await client.get(good.headers["location"])
        assert landed.headers["location"] in ("/", "/%0d%0aX"), bad
    foreign = {"origin": "https://evil.example"}
    refused = await client.post("/auth/sign-in", data={"email": ADA, "password": PASSWORD}, headers=foreign)
    assert refused.status_code == 403


async def test_json_sign_in_gets_problems(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    wrong = await client.post("/auth/sign-in", json={"email": ADA, "password": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "sign_in_failed")
    right = await client.post("/auth/sign-in", json={"email": ADA, "password": PASSWORD})
    assert right.json()["location"].startswith(f"{ACME}/auth/handoff")


async def test_several_tenants_must_be_named(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    await registered("umbrella", email=ADA)
    answer = await client.post("/api/v1/auth/token", json={"email": ADA, "password": PASSWORD})
    assert (answer.status_code, answer.json()["tenants"]) == (422, "acme, umbrella")


async def test_a_revoked_key_and_token_end(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    bearer = await token(client)
    key_id, key = await api_key(client, bearer, permissions=["members:read"])
    assert (await client.get("/api/v1/invitations", headers={"x-api-key": key})).status_code == 200
    refused = await client.post("/api/v1/api-keys", json={"name": "x"}, headers={"x-api-key": key})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await client.delete(f"/api/v1/api-keys/{key_id}", headers=bearer)).status_code == 204
    gone = await client.get("/api/v1/members", headers={"x-api-key": key})
    assert (gone.status_code, gone.json()["code"]) == (401, "disabled")
    assert (await client.post("/api/v1/auth/revoke", headers=bearer)).status_code == 204
    assert (await client.get("/api/v1/members", headers=bearer)).status_code == 401


async def test_creating_twice_with_one_key_creates_once(committed_db: DatabaseUrls, client: httpx.AsyncClient) -> None:
    body = {"name": "Acme", "slug": "acme", "owner_name": "Ada", "email": ADA, "password": PASSWORD}
    headers = {"idempotency-key": "registration-1"}
    first = await client.post("/api/v1/tenants/register", json=body, headers=headers)
    again = await client.post("/api/v1/tenants/register", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert first.json() == again.json()


async def test_own_language_then_the_tenants_then_the_browsers(db: JoinedSource, client: httpx.AsyncClient) -> None:
    """LOC-04: what nobody chose is never frozen as a choice."""
    body = {"name": "Acme", "slug": "acme", "owner_name": "Ada", "email": ADA, "password": PASSWORD}
    german, arabic = {"accept-language": "de-AT,de;q=0.9"}, {"accept-language": "ar"}
    assert (await client.post("/api/v1/tenants/register", json=body, headers=german)).status_code == 201
    page = {"cookie": f"atrium_session={await cookie(ADA, 'acme')}", "origin": ACME}
    own = f"{ACME}/api/v1/account"

    async def language() -> str:
        refused = await client.post(f"{ACME}/api/v1/invitations", json={}, headers=page | arabic)
        assert refused.status_code == 422, refused.text
        return refused.headers["content-language"]

    assert (await client.get(own, headers=page)).json()["locale"] == "", "nothing was chosen"
    assert await language() == "de", "the tenant's, from the browser that registered it"
    assert (await client.patch(own, json={"locale": "en"}, headers=page)).status_code == 428
    first, second = page | {"if-match": '"1"'}, page | {"if-match": '"2"'}
    assert (await client.patch(own, json={"locale": "en"}, headers=first)).headers["etag"] == '"2"'
    stale = await client.patch(own, json={"locale": "ar"}, headers=first)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert await language() == "en", "one's own"
    assert (await client.patch(own, json={"locale": ""}, headers=second)).status_code == 200
    assert await language() == "de", "the tenant's again"
    platform = await client.post("/api/v1/tenants/register", json={}, headers=arabic)
    assert platform.headers["content-language"] == "ar", "the browser's"
    nobody = await client.post("/api/v1/tenants/register", json={}, headers={"accept-language": "sv"})
    assert nobody.headers["content-language"] == "en", "the default"


async def test_a_language_chosen_before_joining_is_kept(db: JoinedSource, client: httpx.AsyncClient) -> None:
    await registered("acme")
    ada = await token(client)
    for name, header, cookie_value, kept in (("g", "de", "ar", "ar"), ("h", "de", "de", ""), ("i", "de", "xx", "")):
        body = {"email": f"{name}@acme.example", "role": "member"}
        link = (await client.post("/api/v1/invitations", json=body, headers=ada)).json()["link"]
        accept = {"token": link.partition("token=")[2], "name": "Grace", "password": PASSWORD}
        headers = {"accept-language": header, "cookie": f"atrium_locale={cookie_value}"}
        joined = await client.post(f"{ACME}/auth/invitation", data=accept, headers=headers)
        session = {"cookie": f"atrium_session={joined.cookies['atrium_session']}"}
        client.cookies.clear()
        assert (await client.get(f"{ACME}/api/v1/account", headers=session)).json()["locale"] == kept, name


async def test_the_week_starts_as_the_tenant_has_it(db: JoinedSource, client: httpx.AsyncClient, edge: Edge) -> None:
    await registered("acme")
    bearer = await token(client)
    await db.connection.execute(sa.text("UPDATE tenants SET week_start = 7 WHERE slug = 'acme'"))
    assert (await edge.from_request(bearer, "atrium.localhost")).week_start == 7
