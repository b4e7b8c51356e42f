"""A process of its own that makes variants, so that it can be killed: ADMIN_URL SECRET_KEY FOLDER TENANT."""

import asyncio
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from enterprise_app.core import db, events, jobs, storage
from enterprise_app.core.db_urls import DatabaseUrls
from tests.domains.experiments.making import work
from tests.factories import make_context


async def main(admin_url: str, secret_key: str, folder: str, tenant: str) -> None:
    """Carry out what waits, and print how many are made before each of them."""
    events.register([])
    db.configure(DatabaseUrls.derive(admin_url, None, secret_key))
    storage.configure(storage.LocalStorage(Path(folder)))
    progress = jobs.progress

    async def told(done: int, *more: Any, **details: Any) -> None:
        await progress(done, *more, **details)
        print(done, flush=True)

    jobs.progress = told
    await work(make_context(UUID(tenant)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
