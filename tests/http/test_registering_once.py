"""`Idempotency-Key` on a registration: whatever breaks in between, there is one tenant, and one answer to the key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio

from enterprise_app.core.context import Context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.identity.manifest import DOMAIN as IDENTITY
from enterprise_app.http import idempotent, routing
from enterprise_app.http.app import create_api
from tests.http.conftest import HeaderEdge

URL = "/api/v1/tenants/register"
KEY = {"idempotency-key": "k-1"}
WANTED = {
    "name": "Acme", "slug": "acme", "owner_name": "Ada", "email": "ada@acme.example",
    "password": "correct horse battery staple",
}  # fmt: skip


class Crashed(BaseException):
    """What a killed process looks like to the database: nothing after this point happens."""


@pytest_asyncio.fixture(loop_scope="session")
async def client(edge: HeaderEdge) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_api([IDENTITY], edge))
    async with httpx.AsyncClient(transport=transport, base_url="http://atrium.localhost") as client:
        yield client


def _tenants(urls: DatabaseUrls) -> int:
    with psycopg.connect(urls.direct_admin) as connection:
        row = connection.execute("SELECT count(*) FROM tenants WHERE slug = 'acme'").fetchone()
        assert row is not None
        return row[0]


async def test_a_crash_after_the_effect_leaves_the_answer(
    committed_db: DatabaseUrls, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = routing.tenant_session

    @asynccontextmanager
    async def dying(ctx: Context, **options: Any) -> AsyncIterator[Any]:
        async with real(ctx, **options) as session:
            yield session
            raise Crashed  # after the handler, before this transaction commits

    monkeypatch.setattr(routing, "tenant_session", dying)
    with pytest.raises(Crashed):
        await client.post(URL, json=WANTED, headers=KEY)
    assert _tenants(committed_db) == 1
    monkeypatch.setattr(routing, "tenant_session", real)
    again = await client.post(URL, json=WANTED, headers=KEY)
    assert (again.status_code, again.headers.get("idempotent-replayed")) == (201, "true"), again.text
    assert again.json()["slug"] == "acme"
    assert _tenants(committed_db) == 1


async def test_a_crash_before_the_commit_leaves_nothing_and_the_key_free(
    committed_db: DatabaseUrls, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = idempotent.Keeper.__call__

    async def dying(self: Any, session: Any, result: Any) -> None:
        await real(self, session, result)
        raise Crashed

    monkeypatch.setattr(idempotent.Keeper, "__call__", dying)
    with pytest.raises(Crashed):
        await client.post(URL, json=WANTED, headers=KEY)
    assert _tenants(committed_db) == 0
    monkeypatch.setattr(idempotent.Keeper, "__call__", real)
    first = await client.post(URL, json=WANTED, headers=KEY)
    again = await client.post(URL, json=WANTED, headers=KEY)
    assert (first.status_code, "idempotent-replayed" in first.headers) == (201, False), first.text
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (201, first.content, "true")
    other = await client.post(URL, json=WANTED | {"slug": "acme-2"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


async def test_without_a_key_the_second_is_refused(committed_db: DatabaseUrls, client: httpx.AsyncClient) -> None:
    assert (await client.post(URL, json=WANTED)).status_code == 201
    assert (await client.post(URL, json=WANTED)).status_code in (409, 422)
    assert _tenants(committed_db) == 1
