"""The audit chain, the usage counters and ledger, the tenants."""

import sqlalchemy as sa

from alembic import op
from enterprise_app.core.db_urls import APP_ROLE, SYSTEM_ROLE
from enterprise_app.core.table import system_only, tenant_policies, version_column

revision = "0002_audit_metering_tenancy"
down_revision = "0001_kernel"

TIMESTAMP = sa.DateTime(timezone=True)
THIS_TENANT = "id = nullif(current_setting('app.tenant_id', true), '')::uuid"
PLATFORM = "00000000-0000-0000-0000-000000000000"


def upgrade() -> None:
    """Create the tables, each closed in the same breath, and the operator's own tenant."""
    _audit()
    _metering()
    _tenants()


def downgrade() -> None:
    """Drop them."""
    for table in ("tenants", "usage_ledger", "usage_counters", "audit_heads", "audit_log"):
        op.drop_table(table)


def _audit() -> None:
    texts = ("actor_name", "verb", "target_kind", "target_name", "outcome", "request_id", "prev_hash", "hash")
    op.create_table(
        "audit_log",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("occurred_at", TIMESTAMP, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("on_behalf_of", sa.Uuid),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(sa.Column(name, sa.Text) for name in ("target_id", "reason", "ip", "agent")),
        # json keeps the text as it was hashed; jsonb would respell numbers
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.create_index("audit_log_by_time", "audit_log", ["tenant_id", "occurred_at"])
    op.create_index("audit_log_by_verb", "audit_log", ["tenant_id", "verb", "seq"])
    op.create_index("audit_log_by_actor", "audit_log", ["tenant_id", "actor_id", "seq"])
    op.create_index("audit_log_by_target", "audit_log", ["tenant_id", "target_kind", "target_id", "seq"])
    op.create_index("audit_log_by_hash", "audit_log", ["tenant_id", "hash"])
    tenant_policies(op, "audit_log", ("select", "insert"))
    op.create_table(
        "audit_heads",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
    )
    tenant_policies(op, "audit_heads", ("select", "insert", "update"))
    op.execute(f"REVOKE update, delete ON audit_log FROM {SYSTEM_ROLE}")
    op.execute(f"REVOKE delete ON audit_heads FROM {SYSTEM_ROLE}")


def _metering() -> None:
    op.create_table(
        "usage_counters",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, primary_key=True, server_default=""),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.CheckConstraint("used >= 0", name="usage_counters_not_negative"),
    )
    tenant_policies(op, "usage_counters", ("select", "insert", "update (used)"))
    op.create_table(
        "usage_ledger",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("resource", sa.Text, primary_key=True),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("used_at", TIMESTAMP, nullable=False),
    )
    op.create_index("usage_ledger_by_period", "usage_ledger", ["tenant_id", "resource", "period"])
    tenant_policies(op, "usage_ledger", ("select", "insert"))


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("slug", sa.Text(collation="C"), nullable=False, unique=True),
        sa.Column("skeleton", sa.Text(collation="C"), nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="active"),
        sa.Column("trial_ends_at", TIMESTAMP),
        sa.Column("suspended_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("zone", sa.Text, nullable=False, server_default="UTC"),
        sa.Column("locale", sa.Text, nullable=False, server_default="en"),
        sa.Column("currency", sa.Text, nullable=False, server_default="USD"),
        sa.Column("week_start", sa.Integer, nullable=False, server_default="1"),
        sa.Column("ip_truncation", sa.Boolean, nullable=False, server_default=sa.false()),
        version_column(),
        sa.Column("created_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("status IN ('active', 'suspended')", name="tenants_status"),
        sa.CheckConstraint("week_start BETWEEN 1 AND 7", name="tenants_week_start"),
    )
    op.create_index("tenants_newest", "tenants", ["created_at", "id"])
    system_only(op, "tenants")
    op.execute(f"CREATE POLICY tenant ON tenants TO {APP_ROLE} USING ({THIS_TENANT}) WITH CHECK ({THIS_TENANT})")
    settings = "name, zone, locale, currency, week_start, ip_truncation, version, updated_at"
    op.execute(f"GRANT select, update ({settings}) ON tenants TO {APP_ROLE}")
    row = f"('{PLATFORM}', 'platform', 'platform', 'Platform', 'WHITE_LABEL')"
    op.execute(f"INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES {row}")  # noqa: S608 - constants
