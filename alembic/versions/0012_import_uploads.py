"""Files that wait to be imported, and what an import was told about its file."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import tenant_columns, tenant_policies

revision = "0012_import_uploads"
down_revision = "0011_profiles"

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """A table for uploads; imports remember their upload, their plan, whether to stop, and their rejected lines."""
    op.create_table(
        "analytics_uploads",
        *tenant_columns(),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sample", JSONB, nullable=False),
    )
    op.create_index("analytics_uploads_age", "analytics_uploads", ["tenant_id", "created_at"])
    tenant_policies(op, "analytics_uploads", ("select", "insert", "update", "delete"))
    op.add_column("analytics_imports", sa.Column("upload_id", sa.Uuid))
    op.add_column("analytics_imports", sa.Column("plan", JSONB))
    op.add_column("analytics_imports", sa.Column("cancel_asked_at", TIMESTAMP))
    op.add_column("analytics_imports", sa.Column("rejects_bytes", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Without uploads; the imports stay."""
    for column in ("upload_id", "plan", "cancel_asked_at", "rejects_bytes"):
        op.drop_column("analytics_imports", column)
    op.drop_table("analytics_uploads")
