"""Facts of identity. None carries a secret: links are made by whoever delivers them."""

from typing import ClassVar

from enterprise_app.core.events import Event


class MemberAdded(Event):
    """Somebody joined a tenant; the entity is the member."""

    kind: ClassVar[str] = "member.added"
    entity_kind: ClassVar[str] = "member"
    name: str
    email: str
    role: str


class MemberRoleChanged(Event):
    """A member has another role."""

    kind: ClassVar[str] = "member.role_changed"
    entity_kind: ClassVar[str] = "member"
    before: str
    after: str


class MemberSuspended(Event):
    """A member may not work for now."""

    kind: ClassVar[str] = "member.suspended"
    entity_kind: ClassVar[str] = "member"


class MemberReinstated(Event):
    """A suspended member may work again."""

    kind: ClassVar[str] = "member.reinstated"
    entity_kind: ClassVar[str] = "member"


class MemberRemoved(Event):
    """A member left or was removed."""

    kind: ClassVar[str] = "member.removed"
    entity_kind: ClassVar[str] = "member"


class MemberInvited(Event):
    """An invitation is to be mailed (again); the entity is the invitation."""

    kind: ClassVar[str] = "member.invited"
    entity_kind: ClassVar[str] = "invitation"
    email: str
    role: str
    locale: str


class PasswordResetRequested(Event):
    """A reset link is to be mailed; the entity is the account, the tenant is the platform's."""

    kind: ClassVar[str] = "password.reset_requested"
    entity_kind: ClassVar[str] = "account"
    locale: str


class EmailVerificationRequested(Event):
    """A link that proves the e-mail is to be mailed; the entity is the account, the tenant is the platform's."""

    kind: ClassVar[str] = "email.verification_requested"
    entity_kind: ClassVar[str] = "account"
    locale: str


class ApiKeyCreated(Event):
    """A program got a key."""

    kind: ClassVar[str] = "api_key.created"
    entity_kind: ClassVar[str] = "api_key"
    name: str


class ApiKeyRevoked(Event):
    """A key works no more."""

    kind: ClassVar[str] = "api_key.revoked"
    entity_kind: ClassVar[str] = "api_key"
    name: str
