"""The worker's part of making variants, done here and now."""

from typing import Any
from uuid import UUID

import httpx

from enterprise_app.core.context import Context
from enterprise_app.core.jobs import JobState
from enterprise_app.core.jobs_run import RunningJob
from enterprise_app.domains.experiments.jobs import run_generate
from enterprise_app.domains.experiments.service.generations import GENERATE_JOB
from tests.domains.experiments.lives import column

AT = "/api/v1/experiments/variants"


async def work(ctx: Context) -> list[JobState]:
    """Carry out what waits of the tenant, as a worker does; how each ended."""
    waiting = await column(
        ctx, f"SELECT jsonb_build_array(id, arguments) FROM job_runs WHERE name = '{GENERATE_JOB}' AND state = 'queued'"
    )
    return [
        await RunningJob(UUID(run_id), ctx.tenant_id, GENERATE_JOB).carry_out(run_generate, arguments, 3)
        for run_id, arguments in waiting
    ]


async def made_by(client: httpx.AsyncClient, ctx: Context, **draft: Any) -> dict[str, Any]:
    """The run of a draft, at its end."""
    asked = await client.post(f"{AT}/generate", json=draft)
    assert asked.status_code == 202, asked.text
    assert asked.json()["state"] == "queued"
    await work(ctx)
    return (await client.get(f"{AT}/runs/{asked.json()['id']}")).json()
