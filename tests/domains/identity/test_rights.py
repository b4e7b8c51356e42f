"""Each use case of identity that is for known callers refuses by itself without its right."""

import pytest
from pydantic import SecretStr

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.schemas import ApiKeyRequest, InvitationRequest, Preferences
from enterprise_app.domains.tenancy.schemas import DemoTerms, TenantDraft
from tests.domains.rights import Case, case, refuses

GUEST = InvitationRequest(email="grace@acme.example", role="guest")
OLD, NEW = SecretStr("correct horse battery"), SecretStr("battery horse correct")
DEMO, TERMS = TenantDraft(name="Demo", slug="demo"), DemoTerms(plan="ENTERPRISE", recipe={})
CASES = [
    case(Permission.SELF_MANAGE, service.get_account),
    case(Permission.SELF_MANAGE, service.set_preferences, Preferences(theme="dark")),
    case(Permission.SELF_MANAGE, service.change_password, current=OLD, new=NEW),
    case(Permission.SELF_MANAGE, service.list_sessions),
    case(Permission.SELF_MANAGE, service.revoke_session, new_id()),
    case(Permission.SELF_MANAGE, service.sign_out_everywhere),
    case(Permission.SELF_MANAGE, service.resend_verification),
    case(Permission.SELF_MANAGE, service.list_tenant_choices),
    case(Permission.SELF_MANAGE, service.switch_tenant, "acme"),
    case(Permission.SELF_MANAGE, service.revoke_access_token, "att_0"),
    case(Permission.MEMBERS_READ, service.list_members),
    case(Permission.MEMBERS_READ, service.get_member, new_id()),
    case(Permission.MEMBERS_READ, service.list_invitations),
    case(Permission.MEMBERS_INVITE, service.invite_member, GUEST),
    case(Permission.MEMBERS_INVITE, service.resend_invitation, new_id()),
    case(Permission.MEMBERS_INVITE, service.revoke_invitation, new_id()),
    case(Permission.MEMBERS_MANAGE, service.change_role, new_id(), "no such role", expected=1),
    case(Permission.MEMBERS_MANAGE, service.suspend_member, new_id(), expected=1),
    case(Permission.MEMBERS_MANAGE, service.reinstate_member, new_id(), expected=1),
    case(Permission.MEMBERS_MANAGE, service.remove_member, new_id()),
    case(Permission.API_KEYS_READ, service.list_api_keys),
    case(Permission.API_KEYS_MANAGE, service.create_api_key, ApiKeyRequest(name="Nightly import")),
    case(Permission.API_KEYS_MANAGE, service.revoke_api_key, new_id()),
    case(Permission.OPERATOR_TENANTS, service.create_demo, DEMO, TERMS, "owner@demo.example", "Dana"),
    case(Permission.OPERATOR_TENANTS, service.find_demo, "demo", "owner@demo.example"),
    case(Permission.OPERATOR_TENANTS, service.issue_demo_link, "owner@demo.example"),
    case(Permission.TENANT_MANAGE, service.get_demo_recipe),
    case(Permission.TENANT_MANAGE, service.note_demo, {}),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
