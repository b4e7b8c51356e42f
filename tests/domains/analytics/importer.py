"""A process of its own that imports a file, so that it can be killed: ADMIN_URL SECRET_KEY TENANT FILE FORMAT."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from enterprise_app.core import db, events
from enterprise_app.core.context import job_context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.service import importing
from enterprise_app.domains.analytics.vocabulary import FileFormat


async def main(admin_url: str, secret_key: str, tenant: str, file: str, kind: str = "access-log") -> None:
    """Import in small batches, so that there is a middle to be killed in."""
    importing.BATCH_LINES = 100
    events.register([])
    db.configure(DatabaseUrls.derive(admin_url, None, secret_key))
    ctx = job_context(UUID(tenant), "import")
    show = lambda progress: print(progress.lines, flush=True)  # noqa: E731
    await service.import_file(ctx, Path(file), FileFormat(kind), on_progress=show)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
