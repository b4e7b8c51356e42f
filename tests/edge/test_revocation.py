"""IAM-04: what is revoked in one process is refused in another within seconds, through the database."""

import asyncio
import time

import pytest

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.live import Listener
from enterprise_app.domains.identity import service
from enterprise_app.edge import CACHE_SECONDS, HEARD_SECONDS, Edge, _Cache
from tests.domains.identity.world import cookie, registered

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_signing_out_everywhere_reaches_another_process(committed_db: DatabaseUrls) -> None:
    await registered("acme")
    here, there, host = Edge(), Edge(cache_seconds=60), "acme.atrium.localhost"
    listener = Listener(committed_db.direct_app)
    listener.on("", there.forget)
    await listener.start()
    try:
        secret = await cookie("ada@acme.example", "acme")
        assert await there.find_reference(secret, host)
        await service.sign_out_everywhere(await here.from_session(host=host, cookie=secret))
        deadline = time.monotonic() + 5
        while await there.find_reference(secret, host) is not None:
            assert time.monotonic() < deadline, "still good after 5 seconds"
            await asyncio.sleep(0.05)
    finally:
        await listener.stop()


async def test_a_context_lives_longer_only_while_changes_are_heard(monkeypatch):
    """Without a listener four seconds at most; with one until it tells of a change, and short again when it is lost."""
    now, made, hears = [100.0], [0], [True]
    monkeypatch.setattr("enterprise_app.edge.time.monotonic", lambda: now[0])
    cache = _Cache(CACHE_SECONDS, lambda: hears[0])

    async def make() -> tuple[int, float]:
        made[0] += 1
        return made[0], float("inf")

    assert await cache.get("a", make) == 1
    now[0] += CACHE_SECONDS + 1
    assert await cache.get("a", make) == 1
    hears[0] = False
    assert await cache.get("a", make) == 2
    hears[0] = True
    cache.clear()
    assert await cache.get("a", make) == 3
    now[0] += HEARD_SECONDS
    assert await cache.get("a", make) == 4
