"""A process of its own that folds, so that it can be killed: ADMIN_URL SECRET_KEY TENANT."""

import asyncio
import sys
from uuid import UUID

from enterprise_app.core import db, events
from enterprise_app.core.context import job_context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.profiles import service


async def main(admin_url: str, secret_key: str, tenant: str) -> None:
    """Fold small pieces for ever, and say so."""
    events.register([])
    db.configure(DatabaseUrls.derive(admin_url, None, secret_key))
    ctx = job_context(UUID(tenant), "fold")
    while True:
        print(await service.fold(ctx, limit=20), flush=True)
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
