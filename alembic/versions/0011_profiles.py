"""Profiles: people, the ids that lead to them, what was seen of them and is not folded yet, and merges."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import archive_column, tenant_columns, tenant_policies, version_column

revision = "0011_profiles"
down_revision = "0010_rollups"

TIMESTAMP = sa.DateTime(timezone=True)
_LATE: Any = {"deferrable": True, "initially": "DEFERRED"}
"""Two new people may be merged in the transaction that makes them."""
_LISTED = sa.text("merged_into IS NULL")


def upgrade() -> None:
    """The tables, closed, with an index for each order and filter that lists offer."""
    _profiles()
    _ids()
    _inbox()
    _merges()


def downgrade() -> None:
    """Without profiles; the events are as they were."""
    for table in ("profile_merges", "profile_inbox", "profile_ids", "profiles"):
        op.drop_table(table)


def _profiles() -> None:
    op.create_table(
        "profiles",
        *tenant_columns(),
        version_column(),
        archive_column(),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("handle", sa.Text, nullable=False, server_default=""),
        sa.Column("identified", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("own_traits", JSONB, nullable=False, server_default="{}"),
        sa.Column("own_times", JSONB, nullable=False, server_default="{}"),
        sa.Column("own_stage", sa.Text),
        sa.Column("own_stage_at", TIMESTAMP),
        sa.Column("own_first_at", TIMESTAMP),
        sa.Column("own_last_at", TIMESTAMP),
        sa.Column("root_id", sa.Uuid, nullable=False),
        sa.Column("merged_into", sa.Uuid),
        sa.Column("traits", JSONB),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("email", sa.Text(collation="C")),
        sa.Column("email_domain", sa.Text(collation="C")),
        sa.Column("country", sa.Text(collation="C")),
        sa.Column("stage", sa.Text, nullable=False, server_default="lead"),
        sa.Column("first_seen_at", TIMESTAMP),
        sa.Column("last_seen_at", TIMESTAMP),
        sa.Column("active_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "merged_into"], ["profiles.tenant_id", "profiles.id"], **_LATE),
        sa.CheckConstraint("(merged_into IS NULL) = (root_id = id)", name="profiles_root"),
    )
    for name, columns in (
        ("activity", ["active_at"]), ("creation", ["created_at"]), ("name", ["name_key"]),
        ("stage", ["stage", "active_at"]), ("country", ["country", "active_at"]),
        ("domain", ["email_domain", "active_at"]), ("email", ["email"]),
    ):  # fmt: skip
        op.create_index(f"profiles_by_{name}", "profiles", ["tenant_id", *columns, "id"], postgresql_where=_LISTED)
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index("profiles_merged", "profiles", ["tenant_id", "root_id"], postgresql_where=merged)
    tenant_policies(op, "profiles", ("select", "insert", "update"))


def _ids() -> None:
    op.create_table(
        "profile_ids",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("value", sa.Text(collation="C"), primary_key=True),
        sa.Column("profile_id", sa.Uuid, primary_key=True),
        sa.Column("first_at", TIMESTAMP, nullable=False),
        sa.Column("last_at", TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id", "profile_id"], ["profiles.tenant_id", "profiles.id"], **_LATE),
    )
    op.create_index(
        "profile_ids_users", "profile_ids", ["tenant_id", "value"], unique=True,
        postgresql_where=sa.text("kind = 'user'"),
    )  # fmt: skip
    op.create_index("profile_ids_by_profile", "profile_ids", ["tenant_id", "profile_id", "last_at"])
    tenant_policies(op, "profile_ids", ("select", "insert", "update"))


def _inbox() -> None:
    op.create_table(
        "profile_inbox",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("anonymous_id", sa.Text),
        sa.Column("previous_id", sa.Text),
        sa.Column("traits", JSONB),
        sa.Column("first_at", TIMESTAMP, nullable=False),
        sa.Column("last_at", TIMESTAMP, nullable=False),
        sa.Column("imported", sa.Boolean, nullable=False, server_default="false"),
    )
    tenant_policies(op, "profile_inbox", ("select", "insert", "delete"))


def _merges() -> None:
    op.create_table(
        "profile_merges",
        *tenant_columns(),
        sa.Column("source_id", sa.Uuid, nullable=False),
        sa.Column("target_id", sa.Uuid, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("target_name", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("merged_by", sa.Text, nullable=False, server_default=""),
        sa.Column("undone_at", TIMESTAMP),
        sa.ForeignKeyConstraint(["tenant_id", "source_id"], ["profiles.tenant_id", "profiles.id"], **_LATE),
        sa.ForeignKeyConstraint(["tenant_id", "target_id"], ["profiles.tenant_id", "profiles.id"], **_LATE),
    )
    op.create_index("profile_merges_by_source", "profile_merges", ["tenant_id", "source_id"])
    op.create_index("profile_merges_by_target", "profile_merges", ["tenant_id", "target_id"])
    tenant_policies(op, "profile_merges", ("select", "insert", "update"))
