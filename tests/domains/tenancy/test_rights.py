"""Each use case of tenancy refuses by itself without its right."""

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.tenancy import service
from enterprise_app.domains.tenancy.schemas import TenantSettings
from tests.domains.rights import Case, case, refuses

SETTINGS = TenantSettings(name="Acme", zone="UTC", locale="en", currency="USD")
CASES = [
    case(Permission.TENANT_READ, service.get_current),
    case(Permission.TENANT_MANAGE, service.update_settings, 1, SETTINGS),
    case(Permission.OPERATOR_TENANTS, service.operate, service.list_tenants),
    case(Permission.OPERATOR_TENANTS, service.list_tenants),
    case(Permission.OPERATOR_TENANTS, service.get_tenant, new_id()),
    case(Permission.OPERATOR_TENANTS, service.change_plan, new_id(), "STARTER"),
    case(Permission.OPERATOR_TENANTS, service.suspend_tenant, new_id(), "Invoices are open"),
    case(Permission.OPERATOR_TENANTS, service.resume_tenant, new_id()),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
