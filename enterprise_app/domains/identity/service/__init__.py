"""The door of identity: accounts and sessions, signing in, joining, members, keys."""

from .accounts import change_password, get_account, set_preferences
from .credentials import (
    Credential,
    find_access_token,
    find_active_membership,
    find_api_key,
    find_session,
    list_live_sessions,
)
from .demo import DemoOwner, create_demo, find_demo, get_demo_recipe, issue_demo_link, note_demo
from .hosts import hostname, is_platform_host, platform_url, slug_of, tenant_host, tenant_url
from .housekeeping import prune
from .invitations import (
    INVITATIONS,
    invite_member,
    list_invitations,
    make_invitation_mail,
    resend_invitation,
    revoke_invitation,
)
from .joining import accept_invitation, preview_invitation
from .keys import KEYS, create_api_key, list_api_keys, revoke_api_key
from .members import (
    MEMBERS,
    change_role,
    count_members,
    get_member,
    is_permitted_to_others,
    list_members,
    reinstate_member,
    remove_member,
    suspend_member,
)
from .memberships import Membership, list_memberships, list_tenant_choices
from .operators import check_operator_link, create_operator, has_operator, issue_operator_link
from .registration import register_tenant, sign_up
from .resets import check_reset, make_reset_mail, request_password_reset, reset_password
from .secrets import ACCESS_TOKEN_PREFIX, API_KEY_PREFIX, hash_secret
from .sessions import CREDENTIALS, find_session_id, list_sessions, revoke_session, sign_out, sign_out_everywhere
from .signin import accept_hand_over, sign_in, switch_tenant
from .tokens import issue_access_token, revoke_access_token
from .verification import is_verification_asked, make_verification_mail, resend_verification, verify_email

__all__ = [
    "ACCESS_TOKEN_PREFIX",
    "API_KEY_PREFIX",
    "CREDENTIALS",
    "INVITATIONS",
    "KEYS",
    "MEMBERS",
    "Credential",
    "DemoOwner",
    "Membership",
    "accept_hand_over",
    "accept_invitation",
    "change_password",
    "change_role",
    "check_operator_link",
    "check_reset",
    "count_members",
    "create_api_key",
    "create_demo",
    "create_operator",
    "find_access_token",
    "find_active_membership",
    "find_api_key",
    "find_demo",
    "find_session",
    "find_session_id",
    "get_account",
    "get_demo_recipe",
    "get_member",
    "has_operator",
    "hash_secret",
    "hostname",
    "invite_member",
    "is_permitted_to_others",
    "is_platform_host",
    "is_verification_asked",
    "issue_access_token",
    "issue_demo_link",
    "issue_operator_link",
    "list_api_keys",
    "list_invitations",
    "list_live_sessions",
    "list_members",
    "list_memberships",
    "list_sessions",
    "list_tenant_choices",
    "make_invitation_mail",
    "make_reset_mail",
    "make_verification_mail",
    "note_demo",
    "platform_url",
    "preview_invitation",
    "prune",
    "register_tenant",
    "reinstate_member",
    "remove_member",
    "request_password_reset",
    "resend_invitation",
    "resend_verification",
    "reset_password",
    "revoke_access_token",
    "revoke_api_key",
    "revoke_invitation",
    "revoke_session",
    "set_preferences",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
    "sign_up",
    "slug_of",
    "suspend_member",
    "switch_tenant",
    "tenant_host",
    "tenant_url",
    "verify_email",
]
