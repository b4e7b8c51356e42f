"""The two questions that identity asks tenancy."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.errors import NotFound
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import Tenant


async def get_tenant(session: AsyncSession, tenant_id: UUID) -> Tenant:
    """The tenant; raises NotFound."""
    tenant = await tenancy.find_by_id(session, tenant_id)
    if tenant is None:
        raise NotFound(kind="tenant", id=str(tenant_id))
    return tenant


async def get_entitlements(session: AsyncSession, tenant_id: UUID) -> Entitlements:
    """What its plan grants now; raises NotFound."""
    return tenancy.entitlements_of(await get_tenant(session, tenant_id), now())
