"""How fast flags may be asked for: by credential, by address with a public key, and how often of the database."""

from collections.abc import Callable
from types import SimpleNamespace

import httpx
import pytest

from enterprise_app.core import rates
from enterprise_app.core.context import Context
from enterprise_app.core.settings import get_settings
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.service import pacing
from tests.domains.experiments.lives import TWO, change, running
from tests.domains.experiments.test_ofrep import URL, ask, client, ctx, write_key  # noqa: F401
from tests.domains.experiments.test_serving import if_, made
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, edge  # noqa: F401

Pace = Callable[..., None]


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Pace:
    """Set the operator's settings; ten seconds' worth of them goes through at once, and no time passes."""
    monkeypatch.setattr(rates, "time", SimpleNamespace(monotonic=lambda: 1_000.0))

    def set_(*, calls: int = 1_000_000, lookups: int = 1_000_000) -> None:
        chosen = get_settings().model_copy(update={"flag_calls": calls, "flag_lookups": lookups})
        monkeypatch.setattr(pacing, "get_settings", lambda: chosen)

    return set_


async def statuses(client: httpx.AsyncClient, count: int, **headers: str) -> list[int]:  # noqa: F811
    return [(await client.post(URL, json={}, headers=headers)).status_code for _ in range(count)]


def at(client: httpx.AsyncClient, address: str) -> httpx.AsyncClient:  # noqa: F811
    """The same API, asked from another address."""
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    elsewhere = httpx.ASGITransport(transport.app, client=(address, 4711))
    return httpx.AsyncClient(transport=elsewhere, base_url=client.base_url)


async def test_a_credential_has_its_pace(
    ctx: Context, client: httpx.AsyncClient, edge: HeaderEdge, pace: Pace  # noqa: F811
) -> None:  # fmt: skip
    await made(ctx, "checkout")
    edge.introduce("Bearer bob", make_context(ctx.tenant_id))
    pace(calls=2)
    assert await statuses(client, 21) == [200] * 20 + [429]
    for path in (URL, f"{URL}/checkout", f"{URL}/unknown"):
        refused = await client.post(path, json={})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1"), path
        assert refused.json() == {"errorDetails": "Too many requests"}
    assert await statuses(client, 20, authorization="Bearer bob") == [200] * 20, "another's credential"
    assert (await client.get("/api/v1/flags")).status_code == 200, "other doors have limits of their own"


async def test_a_write_key_is_shared_by_addresses(ctx: Context, client: httpx.AsyncClient, pace: Pace) -> None:  # noqa: F811
    """A stranger with the public key takes half of it; the site's visitors still have theirs."""
    key, another = f"Bearer {await write_key(ctx)}", f"Bearer {await write_key(ctx, name='App')}"
    pace(calls=2)
    async with at(client, "203.0.113.9") as stranger:
        assert await statuses(stranger, 30, authorization=key) == [200] * 10 + [429] * 20
        assert await statuses(stranger, 2, authorization=another) == [200, 200], "of another source"
    async with at(client, "198.51.100.1") as first, at(client, "198.51.100.2") as second:
        assert await statuses(first, 5, authorization=key) == [200] * 5
        assert await statuses(second, 6, authorization=key) == [200] * 5 + [429], "the key's own pace is reached"


async def test_a_customers_whole_network_is_one_address(ctx: Context, client: httpx.AsyncClient, pace: Pace) -> None:  # noqa: F811
    key = f"Bearer {await write_key(ctx)}"
    pace(calls=2)
    async with at(client, "2001:db8:1:2::1") as first, at(client, "2001:db8:1:2::9") as second:
        assert await statuses(first, 6, authorization=key) == [200] * 6
        assert await statuses(second, 5, authorization=key) == [200] * 4 + [429]
    async with at(client, "2001:db8:1:3::1") as neighbour:
        assert await statuses(neighbour, 1, authorization=key) == [200]


async def test_unknown_keys_are_refused_for_what_they_are(ctx: Context, client: httpx.AsyncClient, pace: Pace) -> None:  # noqa: F811
    pace(calls=1)
    assert await statuses(client, 30, authorization="Bearer atw_none") == [401] * 30
    assert not pacing._calls._buckets


async def test_questions_to_the_database_have_their_pace(ctx: Context, client: httpx.AsyncClient, pace: Pace) -> None:  # noqa: F811
    await made(ctx, "checkout", **if_("plan", "pro"))
    pace(lookups=1)
    answers = [await ask(client, unit=f"new-{n}") for n in range(12)]
    assert [a.status_code for a in answers] == [200] * 10 + [429] * 2
    assert answers[-1].headers["retry-after"] == "1"
    for unit, brought in (("new-3", {}), ("new-99", {"plan": "free"}), (None, {})):
        assert (await ask(client, "", unit, **brought)).status_code == 200, "it needs no database"


async def test_a_stranger_does_not_use_up_the_lookups_of_a_site(
    ctx: Context, client: httpx.AsyncClient, pace: Pace  # noqa: F811
) -> None:  # fmt: skip
    key = {"authorization": f"Bearer {await write_key(ctx)}"}
    await made(ctx, "checkout", **if_("plan", "pro"))
    pace(lookups=2)
    told = []
    for address in ("203.0.113.9", "198.51.100.1"):
        async with at(client, address) as visitors:
            visitors.headers.update(key)
            told.append([(await ask(visitors, unit=f"{address}-{n}")).status_code for n in range(11)])
    assert told == [[200] * 10 + [429]] * 2


async def test_what_units_saw_is_looked_up_at_the_same_pace(
    ctx: Context, client: httpx.AsyncClient, pace: Pace  # noqa: F811
) -> None:  # fmt: skip
    experiment = await running(ctx)
    await change(ctx, experiment, variants=[TWO[0] | {"weight": 0.9}, TWO[1] | {"weight": 0.1}])
    service.hear(None)
    pace(lookups=1)
    answers = [(await ask(client, experiment.key, unit=f"new-{n}")).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_the_defaults_carry_the_bar() -> None:
    """500 calls a second from one address with a public key."""
    assert get_settings().flag_calls * pacing._SHARE_OF_AN_ADDRESS >= 500
