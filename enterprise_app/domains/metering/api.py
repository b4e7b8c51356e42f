"""Usage over HTTP."""

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.routing import Router

from . import service
from .schemas import UsageReport

router = Router(prefix="/api/v1/tenants/current", tags=["Tenants"])


@router.get("/usage", permission=Permission.USAGE_READ, response_model=UsageReport)
async def usage(ctx: Caller, session: Session) -> UsageReport:
    """What the tenant uses of its plan: used, granted (-1 is unlimited), remaining, and when it starts anew."""
    return await service.usage(session, ctx)
