"""Background work of identity."""

from typing import Any

from enterprise_app.core.jobs import Schedule, job

from . import service


@job("identity.prune")
async def prune(tenant_id: str, **_: Any) -> dict[str, int]:
    """Remove what expired long ago."""
    return await service.prune()


PRUNE_NIGHTLY = Schedule("identity.prune", "17 3 * * *", prune, per_tenant=False)
