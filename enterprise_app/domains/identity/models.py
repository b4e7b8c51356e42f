"""Tables of identity. The first half is global and for the system role only; the second belongs to a tenant."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from enterprise_app.core.clock import now
from enterprise_app.core.ids import new_id
from enterprise_app.core.table import MOMENT, TenantTable, Versioned

from .vocabulary import AttemptOutcome, MemberStatus, Theme


def _moment(*, required: bool = False) -> Any:
    """A column of an instant: set at once when `required`, else empty until it happens."""
    return Field(sa_type=MOMENT) if required else Field(default=None, sa_type=MOMENT)


def _created() -> Any:
    return Field(default_factory=now, sa_type=MOMENT)


class Account(Versioned, table=True):
    """A person: one e-mail, one password, on the whole platform."""

    __tablename__: ClassVar[Any] = "accounts"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    name: str
    password_hash: str
    locale: str = ""  # as zone: nothing chosen, the tenant's counts
    zone: str = ""
    theme: str = Theme.SYSTEM.value
    is_operator: bool = False
    last_tenant_id: UUID | None = None
    email_verified_at: datetime | None = _moment()
    created_at: datetime = _created()


class Session(SQLModel, table=True):
    """One browser on one host. The cookie holds the secret, we hold its hash; `id` is the reference pages carry."""

    __tablename__: ClassVar[Any] = "sessions"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    secret_hash: str
    host: str
    device: str = ""
    ip: str | None = None
    created_at: datetime = _created()
    last_seen_at: datetime = _created()
    expires_at: datetime = _moment(required=True)
    revoked_at: datetime | None = _moment()


class AccessToken(SQLModel, table=True):
    """A bearer token of a person for one tenant, an hour long."""

    __tablename__: ClassVar[Any] = "access_tokens"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID
    for_tenant_id: UUID
    token_hash: str
    created_at: datetime = _created()
    expires_at: datetime = _moment(required=True)
    revoked_at: datetime | None = _moment()


class OneTimeLink(SQLModel, table=True):
    """A secret that works once: a hand-over to `host`, a password reset, or the first operator's set-up."""

    __tablename__: ClassVar[Any] = "one_time_links"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    purpose: str
    secret_hash: str
    account_id: UUID | None = None
    host: str | None = None
    created_at: datetime = _created()
    expires_at: datetime = _moment(required=True)
    used_at: datetime | None = _moment()


class SignInAttempt(SQLModel, table=True):
    """One try at a password; written before the password is checked, so that parallel guesses count."""

    __tablename__: ClassVar[Any] = "sign_in_attempts"
    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    ip: str = ""
    outcome: str = AttemptOutcome.STARTED.value
    at: datetime = _created()


class Member(TenantTable, Versioned, table=True):
    """An account in a tenant. Name and e-mail are copies, so that tenant queries never reach for accounts."""

    __tablename__: ClassVar[Any] = "members"
    account_id: UUID
    email: str
    name: str
    name_key: str
    role: str
    status: str = MemberStatus.ACTIVE.value
    last_seen_at: datetime | None = _moment()


class Invitation(TenantTable, table=True):
    """An offer to join. Two secrets lead to it: the link shown to the inviter and the one made for the mail."""

    __tablename__: ClassVar[Any] = "invitations"
    email: str
    role: str
    invited_by: UUID | None = None
    invited_by_name: str = ""
    link_hash: str
    mail_hash: str | None = None
    expires_at: datetime = _moment(required=True)
    accepted_at: datetime | None = _moment()
    revoked_at: datetime | None = _moment()


class ApiKey(TenantTable, table=True):
    """A key of a program. `permissions` bound it; what its maker may not any more, it may not either."""

    __tablename__: ClassVar[Any] = "api_keys"
    name: str
    key_hash: str
    last4: str
    permissions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    member_id: UUID
    member_name: str = ""
    expires_at: datetime | None = _moment()
    last_used_at: datetime | None = _moment()
    revoked_at: datetime | None = _moment()
