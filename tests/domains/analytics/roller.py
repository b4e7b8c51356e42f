"""A worker's rollups in a process of its own, so that it can be killed: ADMIN_URL SECRET_KEY."""

import asyncio
import sys
from uuid import UUID

from enterprise_app.core import db, events, upkeep
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.analytics.manifest import DOMAIN


async def main(admin_url: str, secret_key: str) -> None:
    """Until it is killed."""

    async def context_for(tenant_id: UUID, name: str) -> Context:
        return job_context(tenant_id, name)

    events.register([])
    db.configure(DatabaseUrls.derive(admin_url, None, secret_key))
    print("ready", flush=True)
    await upkeep.run(asyncio.Event(), [DOMAIN], context_for=context_for)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
