"""A process that keeps sums of experiments over and over, until it is killed. Arguments: database, secret, tenant."""

import asyncio
import sys
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core import crypto, db, events
from enterprise_app.core.context import job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.experiments.service import keeping
from enterprise_app.registry import DOMAINS


async def keep(tenant_id: UUID) -> None:
    """Without the pause of a real worker; every second time all of it anew."""
    ctx, anew = job_context(tenant_id, "experiments.keep"), False
    while True:
        async with tenant_session(ctx) as session:
            experiments = list(await session.scalars(sa.text("SELECT experiment_id FROM experiment_keeping")))
            if anew:
                await session.execute(sa.text("UPDATE experiment_keeping SET question = ''"))
        for experiment_id in experiments:
            await keeping.refresh_sums(ctx, experiment_id)
        print("kept", flush=True)
        anew = not anew


if __name__ == "__main__":
    url, secret, tenant = sys.argv[1:]
    crypto.configure(secret)
    events.register(DOMAINS)
    db.configure(DatabaseUrls.derive(url, None, secret))
    asyncio.run(keep(UUID(tenant)))
