"""What experiments do in the background when somebody asks for it."""

from uuid import UUID

from enterprise_app.core.context import job_context
from enterprise_app.core.jobs import job

from .service.freezing import FREEZE_JOB, freeze


@job(FREEZE_JOB, concurrency=1)
async def run_freeze(tenant_id: str, *, experiment_id: str) -> int:
    """Freeze segments and distributions of a large experiment that was decided."""
    return await freeze(job_context(UUID(tenant_id), FREEZE_JOB), UUID(experiment_id))
