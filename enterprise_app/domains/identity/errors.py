"""What can be expected to go wrong in identity; texts under `errors.<code>`."""

from enterprise_app.core.errors import Conflict, Forbidden, Gone, NotFound, RateLimited, Unauthenticated


class SignInFailed(Unauthenticated):
    """E-mail or password are wrong; which of the two is nobody's business."""

    code = "sign_in_failed"


class SignInLocked(RateLimited):
    """Too many failures; `retry_after` in seconds."""

    code = "sign_in_locked"


class CredentialUnknown(Unauthenticated):
    """No such session, token or key."""

    code = "credential_unknown"


class CredentialExpired(Unauthenticated):
    """It was good once."""

    code = "expired"


class CredentialDisabled(Unauthenticated):
    """Revoked, or its owner was suspended or removed."""

    code = "disabled"


class EmailUnverified(Forbidden):
    """The account's e-mail is not proven yet: open the link that was mailed."""

    code = "email_unverified"


class AccountExists(Conflict):
    """The e-mail has an account already: sign in with its password."""

    code = "account_exists"


class RegistrationClosed(Forbidden):
    """The operator switched self-registration off."""

    code = "registration_closed"


class InvitationUnknown(NotFound):
    """No invitation has this link."""

    code = "invitation_unknown"


class InvitationExpired(Gone):
    """Its seven days are over."""

    code = "invitation_expired"


class InvitationUsed(Gone):
    """Somebody joined with it already."""

    code = "invitation_used"


class InvitationRevoked(Gone):
    """Whoever invited took it back."""

    code = "invitation_revoked"


class InvitationForeign(Forbidden):
    """It is for another e-mail than the one signed in."""

    code = "invitation_foreign"


class AlreadyMember(Conflict):
    """The person is a member of the tenant already."""

    code = "already_member"


class AlreadyInvited(Conflict):
    """There is a pending invitation for that e-mail."""

    code = "already_invited"


class RoleNotGrantable(Forbidden):
    """Nobody grants (or takes) more than they have themselves."""

    code = "role_not_grantable"


class LastOwner(Conflict):
    """A tenant always keeps one active owner."""

    code = "last_owner"


class LinkUnknown(NotFound):
    """No such reset, hand-over or operator link."""

    code = "link_unknown"


class LinkExpired(Gone):
    """The link is too old."""

    code = "link_expired"


class LinkUsed(Gone):
    """The link works once, and it did."""

    code = "link_used"


class TenantMismatch(Conflict):
    """Host, header, key and token name different tenants: nobody chooses silently."""

    code, status = "tenant_mismatch", 400


class NotAMember(Forbidden):
    """The actor does not belong to the tenant that was asked for."""

    code = "not_a_member"


class MemberSuspended(Forbidden):
    """The member is suspended in this tenant."""

    code = "member_suspended"


class TenantRequired(Forbidden):
    """The account has several tenants (`tenants`: their slugs): say which."""

    code, status = "tenant_required", 422


class NoTenant(Forbidden):
    """The account belongs to no tenant."""

    code = "no_tenant"
