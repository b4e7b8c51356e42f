"""Files know by name who attached them (a key or a person, also one who left), and removed ones are found by age."""

import sqlalchemy as sa

from alembic import op

revision = "0007_files"
down_revision = "0006_account_version"


def upgrade() -> None:
    """Nobody has attached anything yet, so the name starts empty; the index holds only what was removed."""
    op.add_column("files", sa.Column("created_by_name", sa.Text, nullable=False, server_default=""))
    op.create_index(
        "attachments_removed", "attachments", ["tenant_id", "archived_at"],
        postgresql_where=sa.text("archived_at IS NOT NULL"),
    )  # fmt: skip


def downgrade() -> None:
    """Only the id of who attached a file remains."""
    op.drop_index("attachments_removed", table_name="attachments")
    op.drop_column("files", "created_by_name")
