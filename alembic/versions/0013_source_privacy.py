"""What a source does with browsers that ask not to be tracked, and whether its snippet waits for consent."""

import sqlalchemy as sa

from alembic import op

revision = "0013_source_privacy"
down_revision = "0012_import_uploads"


def upgrade() -> None:
    """Existing sources take the usual settings: anonymise, no waiting."""
    op.add_column("analytics_sources", sa.Column("do_not_track", sa.Text, nullable=False, server_default="anonymise"))
    op.add_column(
        "analytics_sources", sa.Column("consent_required", sa.Boolean, nullable=False, server_default="false")
    )
    op.create_check_constraint(
        "analytics_sources_do_not_track", "analytics_sources", "do_not_track IN ('anonymise', 'drop', 'ignore')"
    )


def downgrade() -> None:
    """Without the settings; events that were anonymised or dropped stay so."""
    op.drop_column("analytics_sources", "do_not_track")
    op.drop_column("analytics_sources", "consent_required")
