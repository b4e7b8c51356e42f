"""A test from elsewhere, told by a program: when it began and ended."""

import httpx

from tests.domains.experiments.test_planning_api import URL, client, draft
from tests.http.conftest import HeaderEdge, edge

__all__ = ["client", "edge"]


async def test_over_http_too(committed_db: object, client: httpx.AsyncClient, edge: HeaderEdge) -> None:
    """As a program tells it: when the test from elsewhere began and ended; without a body it is now."""
    told = await draft(edge, client) | {"settings": {"exposed_when_served": False}}
    one = f"{URL}/{(await client.post(URL, json=told)).json()['id']}"
    early = await client.post(f"{one}/start", json={"started_at": "2999-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "started_at")
    naive = await client.post(f"{one}/start", json={"started_at": "2026-01-01T00:00:00"})
    assert naive.status_code == 422
    began = await client.post(f"{one}/start", json={"started_at": "2026-01-01T00:00:00Z"})
    assert (began.status_code, began.json()["started_at"]) == (200, "2026-01-01T00:00:00Z")
    ended = await client.post(f"{one}/stop", json={"stopped_at": "2026-01-15T00:00:00Z"})
    assert (ended.status_code, ended.json()["stopped_at"]) == (200, "2026-01-15T00:00:00Z")
