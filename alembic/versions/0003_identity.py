"""Accounts and what lets them in (system only); members, invitations and API keys of a tenant."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from alembic import op
from enterprise_app.core.table import system_only, tenant_columns, tenant_policies, version_column

revision = "0003_identity"
down_revision = "0002_audit_metering_tenancy"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, each closed in the same breath."""
    _accounts()
    _credentials()
    _members()
    _invitations()
    _api_keys()


def downgrade() -> None:
    """Nobody is known any more."""
    for table in (
        "api_keys", "invitations", "members", "sign_in_attempts", "one_time_links", "access_tokens", "sessions",
        "accounts",
    ):  # fmt: skip
        op.drop_table(table)


def _created() -> sa.Column:
    return sa.Column("created_at", TIMESTAMP, nullable=False, server_default=sa.func.now())


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False, server_default="en"),
        sa.Column("zone", sa.Text, nullable=False, server_default=""),
        sa.Column("theme", sa.Text, nullable=False, server_default="system"),
        sa.Column("is_operator", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("last_tenant_id", sa.Uuid),
        sa.Column("email_verified_at", TIMESTAMP),
        _created(),
        sa.CheckConstraint("email = lower(email)", name="accounts_email_lower"),
    )
    system_only(op, "accounts")


def _credentials() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False, server_default=""),
        sa.Column("ip", sa.Text),
        _created(),
        sa.Column("last_seen_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.Column("revoked_at", TIMESTAMP),
    )
    op.create_index("sessions_of_account", "sessions", ["account_id", "last_seen_at"])
    op.create_index("sessions_by_expiry", "sessions", ["expires_at"])
    system_only(op, "sessions")
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("for_tenant_id", sa.Uuid, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False, unique=True),
        _created(),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.Column("revoked_at", TIMESTAMP),
    )
    op.create_index("access_tokens_of_account", "access_tokens", ["account_id"])
    op.create_index("access_tokens_by_expiry", "access_tokens", ["expires_at"])
    system_only(op, "access_tokens")
    _one_time_links()
    _attempts()


def _one_time_links() -> None:
    op.create_table(
        "one_time_links",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.Text, nullable=False, unique=True),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("host", sa.Text),
        _created(),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.Column("used_at", TIMESTAMP),
        sa.CheckConstraint("purpose IN ('hand_over', 'reset', 'operator')", name="one_time_links_purpose"),
    )
    op.create_index("one_time_links_of_account", "one_time_links", ["account_id", "purpose"])
    op.create_index("one_time_links_by_expiry", "one_time_links", ["expires_at"])
    system_only(op, "one_time_links")


def _attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("ip", sa.Text, nullable=False, server_default=""),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("outcome IN ('started', 'failed', 'succeeded')", name="sign_in_attempts_outcome"),
    )
    op.create_index("sign_in_attempts_by_email", "sign_in_attempts", ["email", "at"])
    op.create_index("sign_in_attempts_by_ip", "sign_in_attempts", ["ip", "at"])
    op.create_index("sign_in_attempts_by_age", "sign_in_attempts", ["at"])
    system_only(op, "sign_in_attempts")


def _members() -> None:
    op.create_table(
        "members",
        *tenant_columns(),
        version_column(),
        sa.Column("account_id", sa.Uuid, sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="active"),
        sa.Column("last_seen_at", TIMESTAMP),
        sa.UniqueConstraint("tenant_id", "account_id", name="members_once"),
        sa.CheckConstraint("role IN ('owner', 'admin', 'manager', 'member', 'guest')", name="members_role"),
        sa.CheckConstraint("status IN ('active', 'suspended', 'removed')", name="members_status"),
    )
    op.create_index("members_of_account", "members", ["account_id"])
    for column in ("name_key", "email", "created_at"):
        op.create_index(f"members_by_{column}", "members", ["tenant_id", column, "id"])
    op.create_index("members_by_role", "members", ["tenant_id", "role", "status"])
    tenant_policies(op, "members")


def _invitations() -> None:
    op.create_table(
        "invitations",
        *tenant_columns(),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("invited_by", sa.Uuid),
        sa.Column("invited_by_name", sa.Text, nullable=False, server_default=""),
        sa.Column("link_hash", sa.Text, nullable=False),
        sa.Column("mail_hash", sa.Text),
        sa.Column("expires_at", TIMESTAMP, nullable=False),
        sa.Column("accepted_at", TIMESTAMP),
        sa.Column("revoked_at", TIMESTAMP),
        sa.CheckConstraint("role IN ('owner', 'admin', 'manager', 'member', 'guest')", name="invitations_role"),
    )
    pending = sa.text("accepted_at IS NULL AND revoked_at IS NULL")
    op.create_index("invitations_pending", "invitations", ["tenant_id", "email"], unique=True, postgresql_where=pending)
    op.create_index("invitations_newest", "invitations", ["tenant_id", "created_at", "id"])
    # Looked up across tenants (system role) by a random secret; not unique, so they tell no tenant about another.
    op.create_index("invitations_by_link", "invitations", ["link_hash"])
    op.create_index("invitations_by_mail", "invitations", ["mail_hash"])
    tenant_policies(op, "invitations")


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        *tenant_columns(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key_hash", sa.Text, nullable=False),
        sa.Column("last4", sa.Text, nullable=False),
        sa.Column("permissions", ARRAY(sa.Text), nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("member_name", sa.Text, nullable=False, server_default=""),
        sa.Column("expires_at", TIMESTAMP),
        sa.Column("last_used_at", TIMESTAMP),
        sa.Column("revoked_at", TIMESTAMP),
        sa.ForeignKeyConstraint(["tenant_id", "member_id"], ["members.tenant_id", "members.id"]),
    )
    op.create_index("api_keys_newest", "api_keys", ["tenant_id", "created_at", "id"])
    op.create_index("api_keys_by_hash", "api_keys", ["key_hash"])
    tenant_policies(op, "api_keys")
