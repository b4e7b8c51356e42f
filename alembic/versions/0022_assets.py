"""Assets of campaigns, and their versions."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from alembic import op
from enterprise_app.core.table import archive_column, tenant_columns, tenant_policies, version_column

revision = "0022_assets"
down_revision = "0021_looks"


def _author() -> list[sa.Column[Any]]:
    return [sa.Column("created_by", sa.Uuid), sa.Column("created_by_name", sa.Text, nullable=False, server_default="")]


def upgrade() -> None:
    """Both tables, closed in the same breath; nothing is ever deleted from them."""
    op.create_table(
        "assets",
        *tenant_columns(),
        version_column(),
        archive_column(),
        sa.Column("campaign_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("generator", JSONB),
        sa.Column("number", sa.Integer, nullable=False),
        *_author(),
        sa.ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "parent_id"], ["assets.tenant_id", "assets.id"]),
        sa.CheckConstraint("kind IN ('html', 'image', 'text', 'video')", name="assets_kind"),
        sa.CheckConstraint("number > 0", name="assets_number"),
        sa.CheckConstraint("parent_id <> id", name="assets_not_their_own_parent"),
    )
    op.create_index("assets_by_campaign", "assets", ["tenant_id", "campaign_id", "created_at", "id"])
    op.create_index("assets_by_creation", "assets", ["tenant_id", "created_at", "id"])
    op.create_index(
        "assets_by_parent", "assets", ["tenant_id", "parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    tenant_policies(op, "assets", grants=("select", "insert", "update"))
    _versions()


def downgrade() -> None:
    """Without assets; the bytes of their files stay with the files."""
    op.drop_table("asset_versions")
    op.drop_table("assets")


def _versions() -> None:
    op.create_table(
        "asset_versions",
        *tenant_columns(),
        sa.Column("asset_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        # No foreign key: a file that was removed long ago is purged, what was known of the version stays.
        sa.Column("file_id", sa.Uuid, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("frames", sa.Integer),
        sa.Column("thumbnail", sa.LargeBinary),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("reviewed_by", sa.Uuid),
        sa.Column("reviewed_by_name", sa.Text, nullable=False, server_default=""),
        sa.Column("reviewed_at", sa.DateTime(timezone=True)),
        *_author(),
        sa.ForeignKeyConstraint(["tenant_id", "asset_id"], ["assets.tenant_id", "assets.id"]),
        sa.UniqueConstraint("tenant_id", "asset_id", "number", name="asset_versions_number"),
        sa.CheckConstraint("number > 0", name="asset_versions_number_positive"),
        sa.CheckConstraint(
            "state IN ('draft', 'in_review', 'approved', 'changes_requested')", name="asset_versions_state"
        ),
    )
    grant = "update (state, note, reviewed_by, reviewed_by_name, reviewed_at, updated_at)"
    tenant_policies(op, "asset_versions", grants=("select", "insert", grant))
