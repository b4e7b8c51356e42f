"""The pages of a tenant's administration."""

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.pages.admin.api_keys import ApiKeysState
from enterprise_app.web.pages.admin.api_keys_page import api_keys
from enterprise_app.web.pages.admin.audit import AuditState
from enterprise_app.web.pages.admin.audit_page import audit
from enterprise_app.web.pages.admin.audit_views import AuditViewsState
from enterprise_app.web.pages.admin.counting import CountingState
from enterprise_app.web.pages.admin.inviting import InvitingState
from enterprise_app.web.pages.admin.keeping import KeepingState
from enterprise_app.web.pages.admin.members import MembersState
from enterprise_app.web.pages.admin.members_page import members
from enterprise_app.web.pages.admin.settings import SettingsState
from enterprise_app.web.pages.admin.settings_page import settings
from enterprise_app.web.pages.admin.usage import UsageState
from enterprise_app.web.pages.admin.usage_page import usage
from enterprise_app.web.shell.page import Page, Section

PAGES = [
    Page(
        route="/members",
        title="admin.members.title",
        help_key="admin.help.members",
        area="admin",
        need=Permission.MEMBERS_READ,
        body=members,
        icon="users",
        section=Section.MANAGE,
        on_load=(MembersState.load,),
        on_leave=(MembersState.leave, InvitingState.close),
        topics=("members",),
        refresh=MembersState.load,
    ),
    Page(
        route="/api-keys",
        title="admin.keys.title",
        help_key="admin.help.keys",
        area="admin",
        need=Permission.API_KEYS_READ,
        body=api_keys,
        icon="key-round",
        section=Section.MANAGE,
        on_load=(ApiKeysState.load,),
        on_leave=(ApiKeysState.leave,),
        topics=("api_keys",),
        refresh=ApiKeysState.load,
    ),
    Page(
        route="/usage",
        title="admin.usage.title",
        help_key="admin.help.usage",
        area="admin",
        need=Permission.USAGE_READ,
        body=usage,
        icon="gauge",
        section=Section.MANAGE,
        on_load=(UsageState.load,),
        on_leave=(UsageState.leave,),
        topics=("campaigns", "members", "entitlements"),
        refresh=UsageState.load,
    ),
    Page(
        route="/audit",
        title="admin.audit.title",
        help_key="admin.help.audit",
        area="admin",
        need=Permission.AUDIT_READ,
        body=audit,
        icon="shield-check",
        section=Section.MANAGE,
        on_load=(AuditState.load,),
        on_leave=(AuditState.leave, AuditViewsState.close),
        # what is audited changes one of these as well
        topics=("analytics", "api_keys", "audit_views", "campaigns", "entitlements", "members", "tenant"),
        refresh=AuditState.load,
    ),
    Page(
        route="/settings",
        title="admin.settings.title",
        help_key="admin.help.settings",
        area="admin",
        need=Permission.TENANT_MANAGE,
        body=settings,
        icon="settings",
        section=Section.MANAGE,
        on_load=(SettingsState.load, CountingState.load, KeepingState.load),
        topics=("tenant",),
        refresh=SettingsState.refresh,
    ),
]
