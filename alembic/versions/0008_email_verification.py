"""Links that prove an e-mail; whoever has an account already is taken at their word."""

from alembic import op

revision = "0008_email_verification"
down_revision = "0007_files"

_BEFORE = "'hand_over', 'reset', 'operator'"


def upgrade() -> None:
    """The new purpose, and no questions to those who were never asked."""
    _purposes(f"{_BEFORE}, 'verify_email'")
    op.execute("UPDATE accounts SET email_verified_at = created_at WHERE email_verified_at IS NULL")


def downgrade() -> None:
    """Without the purpose and its links."""
    op.execute("DELETE FROM one_time_links WHERE purpose = 'verify_email'")
    _purposes(_BEFORE)


def _purposes(known: str) -> None:
    op.drop_constraint("one_time_links_purpose", "one_time_links")
    op.create_check_constraint("one_time_links_purpose", "one_time_links", f"purpose IN ({known})")
