"""Shapes that enter and leave identity: the API and the pages use the same ones."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from enterprise_app.core.vocabulary.permissions import Permission, Role

from .vocabulary import InvitationStatus, MemberStatus, Theme


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Registration(_Shape):
    """A new tenant with its owner."""

    name: str = Field(description="Name of the tenant, as people write it", examples=["Acme"])
    slug: str = Field(description="Its subdomain: a-z, 0-9 and single hyphens", examples=["acme"])
    owner_name: str = Field(examples=["Ada Lovelace"])
    email: str = Field(examples=["ada@acme.example"])
    password: SecretStr = Field(
        description="At least 10 characters; of the account, when the e-mail has one already",
        examples=["correct horse battery"],
    )
    locale: str = Field(
        "", description="The tenant's language and the owner's own choice; left out: the browser's", examples=["en"]
    )
    zone: str = Field("UTC", description="IANA time zone", examples=["Europe/Berlin"])


class Registered(_Out):
    """The tenant and who owns it."""

    tenant_id: UUID
    slug: str
    account_id: UUID
    member_id: UUID
    url: str = Field(description="Where the tenant answers", examples=["http://acme.atrium.localhost:8000"])


class TokenRequest(_Shape):
    """E-mail and password for an access token."""

    email: str = Field(examples=["ada@acme.example"])
    password: SecretStr = Field(examples=["correct horse battery"])
    tenant: str | None = Field(default=None, description="Slug or id; needed with several tenants", examples=["acme"])


class AccessTokenIssued(_Out):
    """The token, shown this once."""

    access_token: str = Field(examples=["att_9fK2…"])
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750
    expires_in: int = Field(description="Seconds", examples=[3600])
    tenant: str = Field(description="Slug of the tenant it is for", examples=["acme"])


class SignIn(_Shape):
    """The sign-in form."""

    email: str = Field(examples=["ada@acme.example"])
    password: SecretStr = Field(examples=["correct horse battery"])
    next: str = Field("/", description="Path to go on to", examples=["/campaigns"])


class SignedIn(_Shape):
    """A session that was just made: `secret` goes into the cookie and nowhere else; `location` is where to go."""

    secret: SecretStr
    session_id: UUID
    account_id: UUID
    location: str = "/"


class MemberView(_Out):
    """A member as others see it."""

    id: UUID
    account_id: UUID
    name: str
    email: str
    role: Role
    status: MemberStatus
    created_at: datetime
    last_seen_at: datetime | None = None
    version: int


class MemberChange(_Shape):
    """What an administrator changes of a member."""

    role: str | None = Field(default=None, examples=["manager"])
    status: str | None = Field(default=None, description="Instead of a role: active or suspended")


class InvitationRequest(_Shape):
    """Whom to invite as what."""

    email: str = Field(examples=["grace@acme.example"])
    role: str = Field(Role.MEMBER.value, examples=["member"])


class InvitationView(_Out):
    """An invitation; its link is shown only when it is made."""

    id: UUID
    email: str
    role: Role
    status: InvitationStatus
    invited_by: str
    created_at: datetime
    expires_at: datetime


class InvitationCreated(InvitationView):
    """With the link, this once."""

    link: str = Field(examples=["http://acme.atrium.localhost:8000/invitation?token=…"])


class InvitationPreview(_Out):
    """What the invited person sees before joining."""

    tenant_name: str
    email: str
    role: Role
    invited_by: str
    expires_at: datetime
    has_account: bool


class ApiKeyRequest(_Shape):
    """A key to make. Without `permissions` it may do what its maker may."""

    name: str = Field(examples=["Nightly import"])
    permissions: list[str] | None = Field(default=None, examples=[["campaigns:read", "analytics:read"]])
    expires_at: datetime | None = Field(default=None, examples=["2027-01-01T00:00:00Z"])


class ApiKeyView(_Out):
    """A key in the list; the key itself is not kept."""

    id: UUID
    name: str
    last4: str
    permissions: list[Permission]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeyCreated(ApiKeyView):
    """With the key, this once."""

    key: str = Field(examples=["atr_5d1N…"])


class SessionView(_Out):
    """One signed-in browser of one's own."""

    id: UUID
    host: str
    device: str
    ip: str | None
    created_at: datetime
    last_seen_at: datetime
    current: bool = False


class TenantChoice(_Out):
    """A tenant the account may switch to."""

    tenant_id: UUID
    slug: str
    name: str
    role: Role
    url: str
    is_demo: bool = False


class AccountView(_Out):
    """One's own account."""

    id: UUID
    email: str
    name: str
    locale: str
    zone: str
    theme: Theme
    is_operator: bool
    email_verified_at: datetime | None = Field(
        default=None, description="When the e-mail was proven; nobody is invited from an account without."
    )
    version: int = Field(description="Counts changes; send it as `If-Match`.", examples=[1])


class Preferences(_Shape):
    """One's own settings; what is None stays."""

    name: str | None = Field(default=None, examples=["Ada Lovelace"])
    locale: str | None = Field(default=None, description='"": the tenant\'s language', examples=["de"])
    zone: str | None = Field(default=None, description='"": the tenant\'s time zone', examples=["Europe/Berlin"])
    theme: str | None = Field(default=None, examples=["dark"])
