"""Accounts count their changes, so that a change over HTTP can name the one it was made from."""

from alembic import op
from enterprise_app.core.table import version_column

revision = "0006_account_version"
down_revision = "0005_analytics"


def upgrade() -> None:
    """Every account begins with its first version."""
    op.add_column("accounts", version_column())


def downgrade() -> None:
    """Changes are not counted any more."""
    op.drop_column("accounts", "version")
