"""EXP-10: a worker is really killed while it makes variants; the next one makes what is missing, the same bytes."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from enterprise_app.core import db
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.jobs import JobState
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import Asset, CampaignDraft
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.generating_schemas import GenerateRequest, GenerationRun
from tests.conftest import SECRET_KEY
from tests.domains.experiments.making import work
from tests.factories import make_context

ROOT = Path(__file__).parents[3]
_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES (:id, :slug, :slug, 'Acme', 'ENTERPRISE')"
PAGE = b"<!doctype html><style>:root{--hero-height:70vh}a{color:#d6336c}</style><h1>Lamps</h1><a>Go</a>"


@pytest.fixture
async def ada(committed_db: DatabaseUrls) -> Context:
    """The owner of a tenant in a database with real commits."""
    ctx = make_context()
    async with db._current().system() as session:
        await session.execute(sa.text(_TENANT), {"id": ctx.tenant_id, "slug": str(ctx.tenant_id)})
    return ctx


async def test_what_a_killed_worker_began_another_ends(
    ada: Context, committed_db: DatabaseUrls, storage_folder: Path
) -> None:
    run = await asked(ada, "First")
    await killed_after(2, ada, committed_db, storage_folder)
    assert (await read(ada, run)).state is JobState.RUNNING
    left = {asset.name: asset.sha256 for asset in await made(ada, run)}
    assert len(left) == 2
    async with tenant_session(ada) as session:  # what the reaper finds by the dead one's missing lock
        await session.execute(sa.text("UPDATE job_runs SET state = 'queued'"))
    assert await work(ada) == [JobState.DONE]
    done = {asset.name: asset.sha256 for asset in await made(ada, run)}
    assert len(done) == len(await made(ada, run)) == 4, "nothing twice"
    assert left.items() <= done.items()
    other = await asked(ada, "Second")
    assert await work(ada) == [JobState.DONE]
    assert {asset.name: asset.sha256 for asset in await made(ada, other)} == done, "as if nobody had been killed"


async def killed_after(count: int, ada: Context, urls: DatabaseUrls, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.domains.experiments.generator", urls.direct_admin, SECRET_KEY, str(folder),
        str(ada.tenant_id), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    while int((await process.stdout.readline()) or b"9") < count:
        assert process.returncode is None
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL


async def asked(ada: Context, campaign: str) -> GenerationRun:
    """A run that waits, for a page in a campaign of its own."""

    async def content() -> AsyncIterator[bytes]:
        yield PAGE

    draft = CampaignDraft(name="Aurora lamp", description=campaign)
    async with tenant_session(ada) as session:
        there = await campaigns.create_campaign(session, ada, draft)
    page = await campaigns.add_asset(ada, there.id, content(), name="landing.html")
    async with tenant_session(ada) as session:
        request = GenerateRequest.model_validate({"asset_ids": [page.id], "seed": 4})
        return await service.start_generation(session, ada, request)


async def read(ada: Context, run: GenerationRun) -> GenerationRun:
    async with tenant_session(ada) as session:
        return await service.get_generation(session, ada, run.id)


async def made(ada: Context, run: GenerationRun) -> list[Asset]:
    """The variants of the run's page."""
    sql = "SELECT arguments->'draft'->'asset_ids'->>0 FROM job_runs WHERE id = :id"
    async with tenant_session(ada) as session:
        parent = await session.scalar(sa.text(sql), {"id": run.id})
        query = campaigns.ASSETS.parse(limit=50, filters=[f"parent_id:eq:{parent}"])
        return list((await campaigns.list_assets(session, ada, query)).items)
