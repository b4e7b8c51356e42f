"""EXP-03: flags over HTTP: made under /api/v1/flags, answered under /ofrep in exactly the protocol's shapes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
import sqlalchemy as sa

from enterprise_app.core import switches
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import RateLimited
from enterprise_app.core.switches import Switch
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.schemas import SourceDraft
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.api.ofrep import MAX_BODY, _refusal
from enterprise_app.domains.experiments.manifest import DOMAIN
from enterprise_app.domains.experiments.service import compiling
from enterprise_app.http.app import create_api
from enterprise_app.web.shell.app import open_to_all_origins
from tests.domains.experiments.lives import running
from tests.domains.experiments.test_serving import if_, made
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, edge  # noqa: F401
from tests.joined import JoinedSource

URL, FLAGS = "/ofrep/v1/evaluate/flags", "/api/v1/flags"
KEY = {"authorization": "Bearer ada"}
SPLIT = {"split": [{"variation": "on", "weight": 0.5}, {"variation": "off", "weight": 0.5}]}
_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES (:id, :slug, :slug, 'Acme', 'STARTER')"


@pytest_asyncio.fixture(loop_scope="session")
async def ctx(db: JoinedSource, edge: HeaderEdge) -> Context:  # noqa: F811
    """Ada, whom `KEY` stands for, in a tenant that is really there."""
    analytics.forget_keys()
    ada = make_context()
    edge.introduce(KEY["authorization"], ada)
    async with db.system() as session:
        await session.execute(sa.text(_TENANT), {"id": ada.tenant_id, "slug": str(ada.tenant_id)})
    return ada


@pytest_asyncio.fixture(loop_scope="session")
async def client(ctx: Context, edge: HeaderEdge) -> AsyncIterator[httpx.AsyncClient]:  # noqa: F811
    api = open_to_all_origins(create_api([DOMAIN], edge))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        client.headers.update(KEY)
        yield client


async def ask(client: httpx.AsyncClient, key: str = "", unit: str | None = "u-5", **attributes: Any) -> httpx.Response:
    context = attributes if unit is None else {"targetingKey": unit, **attributes}
    return await client.post(f"{URL}/{key}" if key else URL, json={"context": context})


async def write_key(ctx: Context, name: str = "Shop", **fields: Any) -> str:
    async with tenant_session(ctx) as session:
        return (await analytics.create_source(session, ctx, SourceDraft(name=name, **fields))).write_key


async def test_one_flag(ctx: Context, client: httpx.AsyncClient) -> None:
    await made(ctx, "checkout", **if_("country", "DE"))
    answer = await ask(client, "checkout", country="DE")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told = {"key": "checkout", "value": True, "variant": "on", "reason": "TARGETING_MATCH"}
    assert answer.json() == told
    assert (await ask(client, "checkout")).json() == told | {"value": False, "variant": "off", "reason": "DEFAULT"}
    for body in (b"", b"{}", b'{"context":null}', b'{"context":{}}'):
        plain = await client.post(f"{URL}/checkout", content=body)
        assert plain.json()["reason"] == "DEFAULT", "no context is none at all"


async def test_every_kind_of_value(ctx: Context, client: httpx.AsyncClient) -> None:
    values: dict[str, Any] = {"string": "blue", "number": 0.5, "object": {"a": [1, None, {"b": True}]}, "boolean": True}
    for kind, value in values.items():
        await made(ctx, kind, kind=kind, variations=[{"key": "a", "value": value}])
        assert (await ask(client, kind)).json() == {"key": kind, "value": value, "variant": "a", "reason": "STATIC"}


async def test_an_experiment_says_which_it_is(ctx: Context, client: httpx.AsyncClient) -> None:
    experiment = await running(ctx)
    service.hear(None)
    told = (await ask(client, experiment.key)).json()
    assert (told["reason"], told["value"]) == ("SPLIT", told["variant"])
    assert told["metadata"] == {"experiment": experiment.key, "planVersion": 1}
    await service.flush_exposures()
    counted = (await client.get(f"/api/v1/experiments/{experiment.id}/exposures")).json()
    assert (counted["units"], counted["conflicted"], counted["variants"][0]["variant"]) == (1, 0, told["variant"])


async def test_refusals_have_the_protocols_shapes(ctx: Context, client: httpx.AsyncClient) -> None:
    await made(ctx, "half", serve=SPLIT)
    unknown = await ask(client, "nothing")
    assert (unknown.status_code, unknown.json()) == (
        404, {"key": "nothing", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "there is no flag nothing"},
    )  # fmt: skip
    nobody = await ask(client, "half", None)
    assert (nobody.status_code, nobody.json().pop("errorDetails") != "") == (400, True)
    assert nobody.json().keys() == {"key", "errorCode", "errorDetails"}
    assert (nobody.json()["key"], nobody.json()["errorCode"]) == ("half", "TARGETING_KEY_MISSING")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "PARSE_ERROR"),
        (b"\xff", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b"null", "PARSE_ERROR"),
        (b'{"context":{"targetingKey":"\\ud800"}}', "PARSE_ERROR"),
        (b'{"context":' * 2000, "PARSE_ERROR"),
        (b'{"context":[]}', "INVALID_CONTEXT"),
        (b'{"context":"u-5"}', "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":5}}', "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":"a\\u0000b"}}', "INVALID_CONTEXT"),
    ],
)
async def test_bad_bodies(ctx: Context, client: httpx.AsyncClient, body: bytes, code: str) -> None:
    await made(ctx, "checkout")
    one, all_ = await client.post(f"{URL}/checkout", content=body), await client.post(URL, content=body)
    assert (one.status_code, all_.status_code) == (400, 400)
    assert one.json().keys() == {"key", "errorCode", "errorDetails"}
    assert all_.json().keys() == {"errorCode", "errorDetails"}
    assert one.json()["errorCode"] == all_.json()["errorCode"] == code
    assert one.json()["errorDetails"]


@pytest.mark.parametrize("value", ["1e400", "9" * 400, "-0.0", '{"a":{"b":null}}', "[1,[2]]", '"' + "x" * 9000 + '"'])
async def test_odd_attributes_match_nothing(ctx: Context, client: httpx.AsyncClient, value: str) -> None:
    for operator in ("eq", "in", "gt", "contains", "starts", "semver"):
        wanted = "^2.0.0" if operator == "semver" else "y" if operator == "starts" else 5
        await made(ctx, operator, **if_("plan", wanted, operator=operator))
    body = f'{{"context":{{"targetingKey":"u","plan":{value}}}}}'.encode()
    answer = await client.post(URL, content=body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert {flag["value"] for flag in answer.json()["flags"]} == {False}


async def test_a_body_too_large_is_not_read(ctx: Context, client: httpx.AsyncClient) -> None:
    large = b'{"context":{"a":"' + b"x" * MAX_BODY + b'"}}'

    async def pieces() -> AsyncIterator[bytes]:
        yield large

    for content in (large, pieces()):
        assert (await client.post(URL, content=content)).status_code == 413


async def test_who_may_ask(ctx: Context, client: httpx.AsyncClient, edge: HeaderEdge) -> None:  # noqa: F811
    await made(ctx, "checkout")
    key, shop = await write_key(ctx), {"origin": "https://shop.example"}
    analytics.forget_keys()
    for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}, {"authorization": key}):
        client.headers.pop("authorization", None)
        assert (await client.post(URL, json={}, headers=headers | shop)).status_code == 200
    for headers in ({}, {"x-api-key": key[:-1] + "!"}, {"x-api-key": "atr_none"}, {"cookie": "who=Bearer ada"}):
        refused = await client.post(URL, json={}, headers=headers)
        assert (refused.status_code, refused.json().keys()) == (401, {"errorDetails"}), headers
        assert refused.headers["www-authenticate"] == "Bearer"
    edge.introduce("Bearer guest", make_context(ctx.tenant_id, Role.GUEST))
    for one in (URL, f"{URL}/checkout"):
        refused = await client.post(one, json={}, headers={"authorization": "Bearer guest"})
        assert (refused.status_code, refused.json().keys()) == (403, {"errorDetails"})
    only = replace(make_context(ctx.tenant_id), permissions=frozenset({Permission.FLAGS_EVALUATE}))
    edge.introduce("Bearer only", only)
    assert (await client.post(URL, json={}, headers={"authorization": "Bearer only"})).status_code == 200


async def test_a_write_key_is_good_for_its_sites_and_a_tenant_that_is_not_suspended(
    ctx: Context, client: httpx.AsyncClient, db: JoinedSource
) -> None:
    key = {"authorization": f"Bearer {await write_key(ctx, allowed_origins=['https://shop.example'])}"}
    assert (await client.post(URL, json={}, headers=key | {"origin": "https://shop.example"})).status_code == 200
    elsewhere = await client.post(URL, json={}, headers=key | {"origin": "https://evil.example"})
    assert (elsewhere.status_code, elsewhere.json().keys()) == (403, {"errorDetails"})
    async with db.system() as session:
        await session.execute(sa.text("UPDATE tenants SET status = 'suspended' WHERE id = :id"), {"id": ctx.tenant_id})
    analytics.forget_keys()
    assert (await client.post(URL, json={}, headers=key)).status_code == 403


async def test_flags_go_on_while_ingestion_is_switched_off(
    ctx: Context, client: httpx.AsyncClient, db: JoinedSource
) -> None:
    key = {"authorization": f"Bearer {await write_key(ctx)}"}
    async with db.system() as session:
        await switches.turn(session, ctx, Switch.INGESTION, on=False)
    switches.forget()
    try:
        assert (await client.post(URL, json={}, headers=key)).status_code == 200
    finally:
        switches.forget()


async def test_all_flags_at_once_with_an_etag(ctx: Context, client: httpx.AsyncClient) -> None:
    on = await made(ctx, "b", **if_("country", "DE"))
    await made(ctx, "a", serve=SPLIT)
    answer = await ask(client)
    assert [flag["key"] for flag in answer.json()["flags"]] == ["a", "b"]
    tag = answer.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        same = await client.post(URL, json={"context": {"targetingKey": "u-5"}}, headers={"if-none-match": sent})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    for changed in ({"targetingKey": "u-5", "country": "DE"}, {}):
        other = await client.post(URL, json={"context": changed}, headers={"if-none-match": tag})
        assert (other.status_code, other.headers["etag"] != tag) == (200, True)
    first = other.json()["flags"][0]
    assert (first.keys(), first["errorCode"]) == ({"key", "errorCode", "errorDetails"}, "TARGETING_KEY_MISSING")
    assert other.json()["flags"][1]["value"] is False, "the others are answered"
    assert (await client.post(f"{FLAGS}/{on.id}/disable")).status_code == 200
    service.hear(f"{ctx.tenant_id}:flags")
    after = await client.post(URL, json={"context": {"targetingKey": "u-5"}}, headers={"if-none-match": tag})
    assert (after.status_code, after.json()["flags"][1]["reason"]) == (200, "DISABLED")


async def test_a_thousand_flags_in_one_call(ctx: Context, client: httpx.AsyncClient) -> None:
    async with tenant_session(ctx) as session:
        await session.execute(
            sa.text(
                "INSERT INTO feature_flags (tenant_id, id, key, name, name_key, kind, variations, off_variation, serve,"
                " seed) SELECT :tenant, gen_random_uuid(), 'f' || n, 'F', 'f', 'boolean', :variations, 'off', :serve,"
                " n::text FROM generate_series(1, 1000) n"
            ).bindparams(
                sa.bindparam("variations", type_=sa.JSON), sa.bindparam("serve", type_=sa.JSON)
            ),
            {
                "tenant": ctx.tenant_id, "serve": SPLIT,
                "variations": [{"key": "on", "value": True}, {"key": "off", "value": False}],
            },
        )  # fmt: skip
    answer = await ask(client)
    told = {flag["key"]: flag["value"] for flag in answer.json()["flags"]}
    assert (answer.status_code, len(told)) == (200, 1000)
    assert 430 < sum(told.values()) < 570


async def test_too_many_calls_are_told_when_to_come_back() -> None:
    refused = _refusal(RateLimited(retry_after=7), {"key": "a"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert orjson.loads(bytes(refused.body)).keys() == {"errorDetails"}


async def test_what_nobody_expected_says_nothing_of_itself(
    ctx: Context, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(session: Any) -> str:
        raise RuntimeError("the secret of the stack")

    monkeypatch.setattr(compiling.queries, "stamp", broken)
    failed = await ask(client)
    assert (failed.status_code, failed.json().keys()) == (500, {"errorDetails"})
    assert "secret" not in failed.text


async def test_pages_of_any_site_may_ask_without_credentials(ctx: Context, client: httpx.AsyncClient) -> None:
    asked = "authorization,content-type,if-none-match"
    shop = {"origin": "https://shop.example"}
    preflight = shop | {"access-control-request-method": "POST", "access-control-request-headers": asked}
    allowed = await client.options(URL, headers=preflight)
    assert allowed.status_code == 200
    assert {name.strip() for name in allowed.headers["access-control-allow-headers"].split(",")} >= {*asked.split(",")}
    answer = await client.post(URL, json={}, headers=shop)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in (await client.get(FLAGS, headers=shop)).headers


async def test_the_life_of_a_flag_over_http(ctx: Context, client: httpx.AsyncClient) -> None:
    body = {"name": "New checkout", "key": "new-checkout"}
    once = {"idempotency-key": "once-and-never-again"}
    made_ = [await client.post(FLAGS, json=body, headers=once) for _ in range(2)]
    assert [(m.status_code, m.headers["etag"]) for m in made_] == [(201, '"1"')] * 2
    assert made_[0].json() == made_[1].json()
    one = f"{FLAGS}/{made_[0].json()['id']}"
    assert (await client.patch(one, json={"name": "X"})).status_code == 428
    changed = await client.patch(one, json={"serve": {"variation": "on"}}, headers={"if-match": '"1"'})
    assert (changed.json()["serve"]["variation"], changed.headers["etag"]) == ("on", '"2"')
    stale = await client.post(f"{one}/disable", headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    for act, enabled in (("disable", False), ("enable", True)):
        assert (await client.post(f"{one}/{act}")).json()["enabled"] is enabled
    assert (await client.post(f"{one}/archive")).json()["archived_at"] is not None
    assert (await client.get(FLAGS, params={"total": True})).json() == {"items": [], "next_cursor": None, "total": 0}
    assert (await client.post(f"{one}/restore")).json()["archived_at"] is None
    bad = await client.post(FLAGS, json=body | {"key": "x", "prerequisites": [{"flag": "x", "variations": ["on"]}]})
    assert (bad.status_code, bad.json()["errors"][0]["code"]) == (422, "prerequisites_circle")
    assert "x → x" in bad.json()["errors"][0]["problem"]
    nan = await client.post(
        FLAGS, content=b'{"name":"N","key":"n","kind":"number","variations":[{"key":"a","value":NaN}]}'
    )
    assert nan.status_code == 422
    assert (await client.get(one)).json()["key"] == "new-checkout"
