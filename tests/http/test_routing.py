"""Routes: declared permissions, early refusals, errors as problem+json, bodies, request ids, the browser's cookie."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from enterprise_app.core.errors import QuotaExceeded, RateLimited, VersionConflict
from enterprise_app.core.manifest import Domain
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.http.access import PUBLIC, Caller, ExpectedVersion, Session
from enterprise_app.http.app import create_api
from enterprise_app.http.routing import Router
from tests.factories import make_context
from tests.http.conftest import HeaderEdge

router = Router(prefix="/api/v1/things", tags=["Things"])


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=10)
    count: int = 0
    version: int = 1


@router.post("", permission=Permission.CAMPAIGNS_CREATE, idempotent=False)
async def make_thing(ctx: Caller, thing: Thing) -> Thing:
    return thing


@router.patch("", permission=Permission.CAMPAIGNS_UPDATE)
async def change_thing(ctx: Caller, version: ExpectedVersion) -> Thing:
    if version != 3:
        raise VersionConflict(current=3)
    return Thing(name="x", version=4)


@router.get("/given", permission=Permission.CAMPAIGNS_READ)
async def given(who: Caller, rows: Session, limit: int = 3) -> Thing:
    tenant = await rows.scalar(sa.text("SELECT current_setting('app.tenant_id')"))
    return Thing(name="same" if tenant == str(who.tenant_id) else "other", count=limit)


@router.get("/given-and-request", permission=Permission.CAMPAIGNS_READ)
async def given_and_request(who: Caller, request: Request, rows: Session) -> Thing:
    same = request.state.ctx is who and request.state.session is rows
    return Thing(name="same" if same else "other")


@router.get("/broken", permission=PUBLIC)
async def broken() -> Thing:
    raise ZeroDivisionError("the secret detail")


@router.get("/full", permission=PUBLIC)
async def full() -> Thing:
    raise QuotaExceeded(limit="campaigns", granted=10, used=10, upgrade="PRO")


@router.get("/fast", permission=PUBLIC)
async def fast() -> Thing:
    raise RateLimited(retry_after=7)


@router.get("/large", permission=PUBLIC)
async def large() -> Thing:
    return Thing.model_construct(name="x" * 5000)


@pytest_asyncio.fixture(loop_scope="session")
async def client(edge: HeaderEdge) -> AsyncIterator[httpx.AsyncClient]:
    edge.introduce("owner", make_context())
    edge.introduce("guest", make_context(role=Role.GUEST))
    edge.introduce("german", make_context(locale="de"))
    api = create_api([Domain("things", routers=[router])], edge)
    headers = {"authorization": "owner"}
    transport = httpx.ASGITransport(api)
    async with httpx.AsyncClient(transport=transport, base_url="http://a.localhost", headers=headers) as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:atrium:error:{code}")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert not body["title"].startswith("errors."), body
    return body


def test_a_route_needs_a_permission() -> None:
    with pytest.raises(TypeError):
        router.get("/open")  # pyright: ignore
    with pytest.raises(TypeError, match="permission"):
        router.add_api_route("/open", broken)


async def test_caller_and_session_are_the_routes_own(client: httpx.AsyncClient, db: object) -> None:
    assert (await client.get("/api/v1/things/given?limit=5")).json() == {"name": "same", "count": 5, "version": 1}
    assert (await client.get("/api/v1/things/given-and-request")).json()["name"] == "same"
    problem(await client.get("/api/v1/things/given?limit=x"), 422, "invalid")
    parameters = (await client.get("/api/openapi.json")).json()["paths"]["/api/v1/things/given"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["limit"]


async def test_nobody_and_not_allowed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/things", headers={"authorization": "nobody"}, json={"wrong": 1})
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    answer = await client.post("/api/v1/things", headers={"authorization": "guest"}, json={"wrong": 1})
    assert problem(answer, 403, "forbidden")["permission"] == "campaigns:create"


async def test_bad_fields_name_problem_and_fix(client: httpx.AsyncClient) -> None:
    body = {"name": "x" * 11, "count": "many", "extra": 1}
    errors = problem(await client.post("/api/v1/things", json=body), 422, "invalid")["errors"]
    assert [(e["field"], e["code"]) for e in errors] == [
        ("name", "too_long"),
        ("count", "must_be_integer"),
        ("extra", "unknown_field"),
    ]
    assert errors[0]["problem"] == "is too long"
    assert errors[0]["fix"] == "Use at most 10 characters."


@pytest.mark.parametrize(("language", "text"), [("de-AT", "zu lang"), ("ar", "طويل")])
async def test_errors_speak_the_callers_language(client: httpx.AsyncClient, language: str, text: str) -> None:
    headers = {"accept-language": language}
    answer = await client.post("/api/v1/things", json={"name": "x" * 11}, headers=headers)
    assert text in answer.json()["errors"][0]["problem"]
    assert answer.headers["content-language"] == language[:2]


async def test_the_members_own_language_when_none_is_asked(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/things", json={}, headers={"authorization": "german"})
    assert answer.json()["errors"][0]["problem"] == "fehlt"


async def test_bodies_that_cannot_be_read(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    bad = await client.post("/api/v1/things", content=b'{"name"', headers=headers)
    assert problem(bad, 422, "invalid")["errors"][0]["code"] == "json_invalid"
    nul = await client.post("/api/v1/things", content=b'{"name": "a\\u0000"}', headers=headers)
    assert problem(nul, 422, "invalid")["errors"][0]["code"] == "nul_character"
    fine = await client.post("/api/v1/things", content=b'{"name": "a\\\\u0000"}', headers=headers)
    assert fine.status_code == 200
    problem(await client.post("/api/v1/things?x=%00", json={"name": "a"}), 422, "invalid")
    problem(await client.get("/api/v1/things/%00"), 404, "not_found")


async def test_large_bodies_announced_or_not(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    assert problem(await client.post("/api/v1/things", content=b"x" * 2**21), 413, "too_large")["max"] == 2**20
    problem(await client.post("/api/v1/things", content=chunks()), 413, "too_large")


async def test_updates_need_the_version(client: httpx.AsyncClient) -> None:
    problem(await client.patch("/api/v1/things"), 428, "precondition_required")
    problem(await client.patch("/api/v1/things", headers={"if-match": "x"}), 422, "invalid")
    stale = await client.patch("/api/v1/things", headers={"if-match": '"2"'})
    assert problem(stale, 409, "version_conflict")["current"] == 3
    assert (await client.patch("/api/v1/things", headers={"if-match": '"3"'})).headers["etag"] == '"4"'


async def test_our_mistakes_are_logged_and_not_shown(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get("/api/v1/things/broken")
    problem(answer, 500, "internal")
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text + capsys.readouterr().out


async def test_quota_and_rate_say_how_to_go_on(client: httpx.AsyncClient) -> None:
    body = problem(await client.get("/api/v1/things/full"), 402, "usage_exceeded")
    assert (body["limit"], body["granted"], body["used"], body["upgrade"]) == ("campaigns", 10, 10, "PRO")
    answer = await client.get("/api/v1/things/fast")
    problem(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "7"


async def test_unknown_routes_and_methods(client: httpx.AsyncClient) -> None:
    problem(await client.get("/api/v1/nothing"), 404, "not_found")
    answer = await client.put("/api/v1/things")
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


async def test_request_ids(client: httpx.AsyncClient) -> None:
    kept = await client.get("/api/v1/things/large", headers={"x-request-id": "my-request-1"})
    assert kept.headers["x-request-id"] == "my-request-1"
    made = await client.get("/api/v1/things/large", headers={"x-request-id": "bad id\t"})
    assert len(made.headers["x-request-id"]) == 32


async def test_large_answers_are_compressed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/things/large", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["name"]) == 5000


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://a.localhost"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://b.localhost"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({}, 403),
    ],
)
async def test_a_cookie_alone_counts_only_from_our_own_pages(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    del client.headers["authorization"]
    answer = await client.post("/api/v1/things", json={"name": "a"}, headers={**headers, "cookie": "who=owner"})
    assert answer.status_code == status


async def test_the_document_and_its_page(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operation = document["paths"]["/api/v1/things"]["post"]
    assert operation["x-permission"] == "campaigns:create"
    assert operation["security"]
    assert {"401", "403", "413", "422", "429"} <= operation["responses"].keys()
    page = await client.get("/api/docs")
    assert page.status_code == 200
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
