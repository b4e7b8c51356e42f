"""Folding is exact under several workers that are killed again and again, and follows within a second."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from enterprise_app.core import upkeep
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.profiles.manifest import DOMAIN
from enterprise_app.domains.profiles.vocabulary import Sighting
from tests.conftest import SECRET_KEY
from tests.domains.profiles.people import alias, everybody, fold, identify, note, picture, seen
from tests.factories import make_context

ROOT = Path(__file__).parents[3]


def story(people: int) -> list[Sighting]:
    """People with two browsers and two names each, some of them the same, in no order."""
    told: list[Sighting] = []
    for n in range(people):
        told += [
            identify(f"u{n}", f"b{n}", 1, name=f"Name {n}", plan="free"),
            seen(f"u{n}", f"c{n}", 2, 9),
            identify(f"u{n}", f"b{n}", 5, plan="pro"),
        ]
        if n % 4 == 0:
            told += [identify(f"old{n}", f"d{n}", 3, city="Wien"), alias(f"u{n}", f"old{n}", 6)]
    random.Random(7).shuffle(told)
    return told


async def waiting(ctx: Context) -> int:
    async with tenant_session(ctx) as session:
        return (await session.execute(sa.text("SELECT count(*) FROM profile_inbox"))).scalar_one()


def start(urls: DatabaseUrls, ctx: Context) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.domains.profiles.folder", urls.direct_admin, SECRET_KEY, str(ctx.tenant_id)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


async def test_killed_workers_lose_nothing_and_do_nothing_twice(committed_db: DatabaseUrls) -> None:
    ctx, plain = make_context(), make_context()
    told = story(120)
    await fold(plain, *told)
    await note(ctx, *told)
    kills = 0
    while await waiting(ctx):
        workers = [start(committed_db, ctx) for _ in range(2)]
        try:
            for worker in workers:
                for _ in range(3 + kills):
                    assert worker.stdout is not None
                    await asyncio.to_thread(worker.stdout.readline)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
                assert worker.stdout is not None
                worker.stdout.close()
        kills += 1
        assert kills < 40
    assert kills > 1, "nobody was killed in the middle"
    assert await picture(ctx) == await picture(plain)
    assert len(await everybody(ctx, limit=200)) == 120
    async with tenant_session(ctx) as session:
        counted = "SELECT count(*) FROM event_outbox WHERE kind = 'profile.lead_created'"
        assert (await session.execute(sa.text(counted))).scalar_one() == (
            await session.execute(sa.text("SELECT count(*) FROM profiles"))
        ).scalar_one()


async def test_the_worker_follows_within_a_second(committed_db: DatabaseUrls) -> None:
    ctx, stop = make_context(), asyncio.Event()

    async def context_for(tenant_id: object, name: str) -> Context:
        return job_context(ctx.tenant_id, name)

    running = asyncio.create_task(upkeep.run(stop, [DOMAIN], context_for=context_for))
    try:
        await asyncio.sleep(0.3)
        await note(ctx, identify("u1", "b1", 1, name="Ada"))
        begun = asyncio.get_running_loop().time()
        while not await everybody(ctx):
            assert asyncio.get_running_loop().time() - begun < 2.5, "the worker did not follow"
            await asyncio.sleep(0.05)
    finally:
        stop.set()
        await running
