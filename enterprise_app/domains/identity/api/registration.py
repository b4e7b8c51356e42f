"""Sign-up over the API."""

from enterprise_app.http.access import PUBLIC, Keep, Visitor
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import Registered, Registration

router = Router(prefix="/api/v1/tenants", tags=["Tenants"])


@router.post("/register", permission=PUBLIC, status_code=201, response_model=Registered, summary="Register a tenant")
async def register(ctx: Visitor, keep: Keep, body: Registration) -> Registered:
    """Tenant, owner, trial and defaults, all or nothing."""
    return await service.register_tenant(ctx, body, keep=keep)
