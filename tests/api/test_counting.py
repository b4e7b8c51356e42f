"""TEN-06 over real sockets: fifty calls at once for the last ten of the month; what the answers say is left."""

import asyncio

import httpx
import pytest_asyncio

LIMITS = {"api_calls_month": 12, "api_calls_hour": 1_000}
OWNER = {"email": "ada@acme.example", "password": "correct horse battery staple"}


@pytest_asyncio.fixture(loop_scope="session")
async def acme(served: str):
    """A client with the owner's token; making it costs no counted call."""
    async with httpx.AsyncClient(base_url=served, timeout=30) as client:
        registration = {"name": "Acme", "slug": "acme", "owner_name": "Ada", **OWNER}
        (await client.post("/api/v1/tenants/register", json=registration)).raise_for_status()
        token = (await client.post("/api/v1/auth/token", json=OWNER)).raise_for_status().json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


async def usage(address: httpx.URL) -> tuple[int, int]:
    """Calls used of month and hour, as the owner's browser reads them: not counted itself."""
    async with httpx.AsyncClient(base_url=address) as browser:
        assert (await browser.post("/auth/sign-in", data=OWNER)).status_code == 303
        answer = await browser.get("/api/v1/tenants/current/usage", headers={"x-tenant-id": "acme"})
        used = {item["resource"]: item["used"] for item in answer.raise_for_status().json()["items"]}
    return used["api_calls_month"], used["api_calls_hour"]


async def test_the_months_calls_are_exact_under_fifty_at_once(acme: httpx.AsyncClient) -> None:
    first = await acme.get("/api/v1/campaigns")
    assert first.headers["ratelimit-limit"] == "1000"
    assert first.headers["ratelimit-remaining"] == "999"
    assert 1 <= int(first.headers["ratelimit-reset"]) <= 3600
    assert first.headers["ratelimit-policy"] == '"hour";q=1000;w=3600'
    assert first.headers["ratelimit"] == f'"hour";r=999;t={first.headers["ratelimit-reset"]}'
    assert await usage(acme.base_url) == (1, 1)
    await acme.get("/api/v1/campaigns")
    answers = await asyncio.gather(*(acme.get("/api/v1/campaigns") for _ in range(50)))
    assert sorted(a.status_code for a in answers) == [200] * 10 + [402] * 40
    left = sorted(int(a.headers["ratelimit-remaining"]) for a in answers if a.status_code == 200)
    assert left == list(range(988, 998)), "each admitted call has a number of its own"
    refused = next(a for a in answers if a.status_code == 402).json()
    assert (refused["code"], refused["limit"]) == ("usage_exceeded", "api_calls_month")
    assert (refused["granted"], refused["used"]) == (12, 12)
    assert await usage(acme.base_url) == (12, 12)
