"""The operator's pages."""

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.pages.operator.system import OperatorSystemState
from enterprise_app.web.pages.operator.system_page import system
from enterprise_app.web.pages.operator.tenants import OperatorTenantsState
from enterprise_app.web.pages.operator.tenants_page import tenants
from enterprise_app.web.shell.page import Page, Section

PAGES = [
    Page(
        route="/operator",
        title="operator.tenants.title",
        help_key="operator.help.tenants",
        area="operator",
        need=Permission.OPERATOR_TENANTS,
        body=tenants,
        icon="building-2",
        section=Section.OPERATE,
        on_load=(OperatorTenantsState.load,),
        on_leave=(OperatorTenantsState.leave,),
        topics=("tenants",),
        refresh=OperatorTenantsState.load,
    ),
    Page(
        route="/system",
        title="operator.system.title",
        help_key="operator.help.system",
        area="operator",
        need=Permission.OPERATOR_SYSTEM,
        body=system,
        icon="activity",
        section=Section.OPERATE,
        on_load=(OperatorSystemState.load,),
        on_leave=(OperatorSystemState.leave,),
        topics=("switches", "deliveries"),
        refresh=OperatorSystemState.refresh,
    ),
]
