"""Background work of files."""

from dataclasses import asdict
from uuid import UUID

from enterprise_app.core.context import job_context
from enterprise_app.core.jobs import Schedule, job

from . import service
from .service.tidying import TIDY_JOB


@job(TIDY_JOB)
async def tidy(tenant_id: str, *, keep_bytes: int | None = None, due_at: str = "") -> dict[str, int]:
    """Purge what was removed long ago (or beyond `keep_bytes`) and content that belongs to no file."""
    return asdict(await service.tidy(job_context(UUID(tenant_id), TIDY_JOB), keep_bytes=keep_bytes))


TIDY_NIGHTLY = Schedule(TIDY_JOB, "41 3 * * *", tidy)
