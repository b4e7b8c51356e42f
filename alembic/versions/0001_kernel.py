"""The kernel's own tables: event spine, jobs, idempotency, search terms, files, switches, saved filters, mailbox."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from alembic import op
from enterprise_app.core.table import (
    app_reads,
    archive_column,
    system_only,
    tenant_columns,
    tenant_policies,
    version_column,
)

revision = "0001_kernel"
down_revision = None

TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables, each closed in the same breath."""
    _event_spine()
    _jobs()
    _idempotency()
    _search()
    _files()
    _saved_filters()
    _platform_tables()


def downgrade() -> None:
    """Back to an empty database."""
    for table in (
        "mailbox", "switches", "saved_filters", "attachments", "files", "search_terms", "idempotency_keys",
        "job_runs", "event_deliveries", "event_outbox",
    ):  # fmt: skip
        op.drop_table(table)


def _event_spine() -> None:
    op.create_table(
        "event_outbox",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("entity_kind", sa.Text, nullable=False),
        sa.Column("entity_id", sa.Uuid, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("event_outbox_by_entity", "event_outbox", ["tenant_id", "entity_kind", "entity_id", "seq"])
    op.create_index("event_outbox_by_age", "event_outbox", ["occurred_at"])
    tenant_policies(op, "event_outbox", ("select", "insert"))
    op.create_table(
        "event_deliveries",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("subscriber", sa.Text, nullable=False),
        sa.Column("entity_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="pending"),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("error", sa.Text),
        sa.Column("created_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("finished_at", TIMESTAMP),
        sa.CheckConstraint("state IN ('pending', 'done', 'dead')", name="event_deliveries_state"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"], ["event_outbox.tenant_id", "event_outbox.id"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("tenant_id", "event_id", "subscriber"),
    )
    pending = sa.text("state = 'pending'")
    op.create_index("event_deliveries_due", "event_deliveries", ["due_at", "seq"], postgresql_where=pending)
    op.create_index(
        "event_deliveries_order", "event_deliveries", ["tenant_id", "subscriber", "entity_id", "seq"],
        postgresql_where=pending,
    )  # fmt: skip
    op.create_index(
        "event_deliveries_dead", "event_deliveries", ["finished_at"], postgresql_where=sa.text("state = 'dead'")
    )
    changed = "update (state, attempts, due_at, error, finished_at)"
    tenant_policies(op, "event_deliveries", ("select", "insert", changed))


def _jobs() -> None:
    op.create_table(
        "job_runs",
        *tenant_columns(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("arguments", JSONB, nullable=False, server_default="{}"),
        sa.Column("key", sa.Text),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("done", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("total", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False, server_default=""),
        sa.Column("details", JSONB, nullable=False, server_default="{}"),
        sa.Column("result", JSONB),
        sa.Column("error", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cancel_asked_at", TIMESTAMP),
        sa.Column("handed_over_at", TIMESTAMP),
        sa.Column("started_at", TIMESTAMP),
        sa.Column("finished_at", TIMESTAMP),
        sa.Column("actor", JSONB, nullable=False, server_default="{}"),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="job_runs_state"),
    )
    op.create_index(
        "job_runs_key", "job_runs", ["tenant_id", "name", "key"], unique=True,
        postgresql_where=sa.text("key IS NOT NULL"),
    )  # fmt: skip
    op.create_index("job_runs_newest", "job_runs", ["tenant_id", "name", "created_at"])
    op.create_index(
        "job_runs_waiting", "job_runs", ["created_at"],
        postgresql_where=sa.text("handed_over_at IS NULL AND state = 'queued'"),
    )  # fmt: skip
    op.create_index(
        "job_runs_to_stop", "job_runs", ["cancel_asked_at"],
        postgresql_where=sa.text("cancel_asked_at IS NOT NULL AND state IN ('queued', 'running')"),
    )  # fmt: skip
    tenant_policies(op, "job_runs")


def _idempotency() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", JSONB),
        sa.Column("body", sa.LargeBinary),
        sa.Column("created_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["created_at"])
    tenant_policies(op, "idempotency_keys")


def _search() -> None:
    op.create_table(
        "search_terms",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text(collation="C"), primary_key=True),
        sa.Column("term", sa.Text(collation="C"), primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
    )
    op.create_index("search_terms_of_entity", "search_terms", ["tenant_id", "kind", "id", "term"])
    tenant_policies(op, "search_terms")


def _files() -> None:
    op.create_table(
        "files",
        *tenant_columns(),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("created_by", sa.Uuid),
        sa.UniqueConstraint("tenant_id", "key"),
    )
    tenant_policies(op, "files")
    op.create_table(
        "attachments",
        *tenant_columns(),
        sa.Column("entity_kind", sa.Text, nullable=False),
        sa.Column("entity_id", sa.Uuid, nullable=False),
        sa.Column("file_id", sa.Uuid, nullable=False),
        archive_column(),
        sa.ForeignKeyConstraint(["tenant_id", "file_id"], ["files.tenant_id", "files.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("tenant_id", "entity_kind", "entity_id", "file_id"),
    )
    tenant_policies(op, "attachments")


def _saved_filters() -> None:
    op.create_table(
        "saved_filters",
        *tenant_columns(),
        version_column(),
        sa.Column("area", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("query", JSONB, nullable=False),
        sa.Column("member_id", sa.Uuid),
        sa.Column("shared", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("saved_filters_name", "saved_filters", ["tenant_id", "area", "member_id", "name"], unique=True)
    tenant_policies(op, "saved_filters")


def _platform_tables() -> None:
    op.create_table(
        "switches",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("off", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("changed_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
        sa.Column("changed_by", sa.Text, nullable=False, server_default=""),
    )
    app_reads(op, "switches")
    op.create_table(
        "mailbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text),
        sa.Column("headers", JSONB, nullable=False, server_default="{}"),
        sa.Column("sent_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
    )
    op.create_index("mailbox_newest", "mailbox", ["sent_at"])
    system_only(op, "mailbox")
