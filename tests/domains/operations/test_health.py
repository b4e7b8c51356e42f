"""Each dependency is really taken away, and the answer is the documented one."""

import asyncio
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from enterprise_app.core import db as core_db
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.jobs_liveness import Liveness
from enterprise_app.core.settings import Settings
from enterprise_app.domains.operations import gateway, service
from enterprise_app.domains.operations.manifest import DOMAIN
from enterprise_app.domains.operations.rules import overall
from enterprise_app.domains.operations.service import examination
from enterprise_app.domains.operations.vocabulary import Health, State
from enterprise_app.http.app import create_api

SETTINGS = Settings.model_construct(redis_url=None, smtp_url=None, data_dir=Path("/tmp"))
NOBODY_LISTENS = "127.0.0.1:1"


@pytest.fixture
async def get(monkeypatch):
    """Ask the API without a credential, each time anew."""
    api = create_api([DOMAIN], None)  # pyright: ignore[reportArgumentType] - public routes need no edge
    monkeypatch.setattr(examination, "get_settings", lambda: SETTINGS)

    async def ask(path: str) -> tuple[int, dict]:
        monkeypatch.setattr(examination, "examiner", service.Examiner())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
            answer = await client.get(path)
        return answer.status_code, answer.json()

    return ask


async def test_without_a_worker_the_platform_is_degraded_and_ready(committed_db, get):
    code, report = await get("/health/ready")
    assert (code, report["status"]) == (200, "degraded")
    states = {"database": "up", "worker": "down", "redis": "built_in", "mail": "built_in", "disk": "up"}
    assert report["components"] == states


async def test_with_a_living_worker_all_is_well(committed_db, get):
    worker = Liveness(committed_db.direct_system, "worker-1")
    await worker.start()
    try:
        assert (await get("/api/health"))[1]["status"] == "ok"
    finally:
        await worker.stop()
    assert (await get("/api/health"))[1]["components"]["worker"] == "down"


async def test_who_does_not_even_hear_that_time_is_up_is_left_behind(monkeypatch):
    """As a frozen database, whose driver waits for its answer to a cancelled statement."""
    monkeypatch.setattr(gateway, "PATIENCE", 0.05)
    over = asyncio.Event()

    async def deaf() -> bool:
        try:
            await over.wait()
        except asyncio.CancelledError:
            await over.wait()
        return True

    async with asyncio.timeout(10):
        assert await gateway.answered("database", deaf) is State.DOWN
    over.set()


async def test_without_the_database_it_lives_but_is_not_ready(get):
    nowhere = DatabaseUrls.derive(f"postgresql://a:b@{NOBODY_LISTENS}/c", None, "k" * 32)
    core_db.configure(nowhere)
    try:
        code, report = await get("/health/ready")
        assert (code, report["status"], report["components"]["database"]) == (503, "down", "down")
        assert (await get("/api/health"))[0] == 503
        assert await get("/health/live") == (200, {"status": "ok"})
    finally:
        await core_db.dispose()


async def test_redis_and_mail_that_do_not_answer_degrade(committed_db):
    urls = {"redis_url": SecretStr(f"redis://{NOBODY_LISTENS}"), "smtp_url": SecretStr(f"smtp://{NOBODY_LISTENS}")}
    report = await service.examine(SETTINGS.model_copy(update=urls))
    assert (report.status, report.components["redis"], report.components["mail"]) == ("degraded", "down", "down")


async def test_a_mail_server_that_greets_is_up_and_one_that_is_silent_is_not(committed_db, monkeypatch):
    async def greet(_, writer) -> None:
        writer.write(b"220 hello\r\n")
        await writer.drain()
        writer.close()

    async def silent(reader, writer) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr("enterprise_app.domains.operations.gateway.PATIENCE", 0.2)
    for manner, state in ((greet, State.UP), (silent, State.DOWN)):
        server = await asyncio.start_server(manner, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        url = SecretStr(f"smtp://127.0.0.1:{port}")
        report = await service.examine(SETTINGS.model_copy(update={"smtp_url": url}))
        assert report.components["mail"] is state
        server.close()


async def test_many_who_ask_share_one_examination(monkeypatch):
    asked = 0

    async def examine(settings):
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.01)
        return asked

    monkeypatch.setattr(examination, "examine", examine)
    monkeypatch.setattr(examination, "get_settings", lambda: SETTINGS)
    examiner = service.Examiner()
    assert await asyncio.gather(*(examiner.report() for _ in range(20))) == [1] * 20
    assert await examiner.report() == 1


def test_what_the_parts_mean_for_the_whole():
    assert overall({"database": State.UP, "redis": State.BUILT_IN}) is Health.OK
    assert overall({"database": State.UP, "disk": State.DOWN}) is Health.DEGRADED
    assert overall({"database": State.DOWN, "disk": State.DOWN}) is Health.DOWN
