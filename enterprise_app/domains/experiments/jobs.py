"""What experiments do in the background when somebody asks for it."""

from typing import Any
from uuid import UUID

from enterprise_app.core.context import job_context
from enterprise_app.core.jobs import job

from .generating_schemas import GenerateRequest
from .service.freezing import FREEZE_JOB, freeze
from .service.generations import GENERATE_JOB, generate


@job(FREEZE_JOB, concurrency=1)
async def run_freeze(tenant_id: str, *, experiment_id: str) -> int:
    """Freeze segments and distributions of a large experiment that was decided."""
    return await freeze(job_context(UUID(tenant_id), FREEZE_JOB), UUID(experiment_id))


@job(GENERATE_JOB)
async def run_generate(
    tenant_id: str, *, draft: dict[str, Any], actor: dict[str, Any], on_behalf_of: str | None, campaign_id: str
) -> dict[str, Any]:
    """Make variants of assets; what was made is the run's result."""
    request = GenerateRequest.model_validate(draft)
    made = await generate(UUID(tenant_id), request, actor, on_behalf_of, campaign_id)
    return made.model_dump(mode="json")
