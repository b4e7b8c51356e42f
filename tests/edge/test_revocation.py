"""IAM-04: what is revoked in one process is refused in another within seconds, through the database."""

import asyncio
import time

import pytest

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.live import Listener
from enterprise_app.domains.identity import service
from enterprise_app.edge import Edge
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
