"""Tenant tables: the columns every one has, and for migrations the policies and grants without which it leaks.

Primary key (tenant_id, id), so that foreign keys between tenant tables can include the tenant.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

from enterprise_app.core.clock import now
from enterprise_app.core.db_urls import APP_ROLE, OWNER_ROLE, SYSTEM_ROLE
from enterprise_app.core.errors import VersionConflict
from enterprise_app.core.ids import new_id

TENANT_IS_SET = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
ALL_GRANTS = ("select", "insert", "update", "delete")


MOMENT: Any = sa.DateTime(timezone=True)
"""The type of an instant's column, for `Field(sa_type=…)`, whose signature knows classes only."""


class TextArray(ARRAY[str]):
    """`text[]`: the driver makes lists of str already, so no value is touched again."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self) -> None:
        super().__init__(sa.Text)

    def adapt(self, cls: Any, **kw: Any) -> Any:
        """The same under every dialect: psycopg's would put an array type with processors in its place."""
        return type(self)()

    def result_processor(self, dialect: Any, coltype: object) -> Any:
        """None: as the driver gives it."""
        return None


class TenantTable(SQLModel):
    """Base of a tenant's rows: `class Campaign(TenantTable, Versioned, table=True)`."""

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=MOMENT, nullable=False)
    updated_at: datetime = Field(
        default_factory=now,
        sa_type=MOMENT,
        sa_column_kwargs={"onupdate": now},
        nullable=False,
    )


class Versioned(SQLModel):
    """A row that several people edit: see `take_version`."""

    version: int = Field(default=1, nullable=False)


class Archivable(SQLModel):
    """A row that is put away instead of deleted."""

    archived_at: datetime | None = Field(default=None, sa_type=MOMENT)


def table_of(model: type[SQLModel]) -> sa.Table:
    """The table behind a model, for its columns."""
    return cast(sa.Table, sa.inspect(model).local_table)


def affected(done: sa.Result[Any]) -> int:
    """How many rows an INSERT, UPDATE or DELETE changed; sessions type every answer as one with rows."""
    return cast("sa.CursorResult[Any]", done).rowcount


async def take_version(session: AsyncSession, row: Versioned, expected: int | None) -> None:
    """Lock the row, compare and count up; raises VersionConflict with `current` when someone saved first."""
    await session.refresh(row, with_for_update=True)
    check_version(row, expected)
    row.version += 1


def check_version(row: Versioned, expected: int | None) -> None:
    """Compare a row that is locked already; None expects no certain version."""
    if expected is not None and row.version != expected:
        raise VersionConflict(expected=expected, current=row.version)


class Operations(Protocol):
    """What we use of alembic's `op`."""

    def execute(self, sqltext: Any) -> Any: ...


def tenant_columns() -> list[sa.Column[Any]]:
    """For `op.create_table`: the columns of TenantTable."""
    return [
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    ]


def version_column() -> sa.Column[Any]:
    """For `op.create_table`: the column of Versioned."""
    return sa.Column("version", sa.Integer, nullable=False, server_default="1")


def archive_column() -> sa.Column[Any]:
    """For `op.create_table`: the column of Archivable."""
    return sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True)


def tenant_policies(op: Operations, table: str, grants: Sequence[str] = ALL_GRANTS) -> None:
    """Close a tenant table: forced row security, the tenant's policy, the explicit grants of the app's role.

    `grants` are what the app may do, e.g. `("select", "insert")` for append-only rows, `("select", "insert",
    "update (state)")` for single columns.
    """
    _force(op, table)
    op.execute(f"CREATE POLICY tenant ON {table} TO {APP_ROLE} USING ({TENANT_IS_SET}) WITH CHECK ({TENANT_IS_SET})")
    op.execute(f"GRANT {', '.join(grants)} ON {table} TO {APP_ROLE}")


def tenant_partition(op: Operations, partition: str) -> None:
    """Close a partition of a tenant table: its own forced row security and nothing for the app."""
    _force(op, partition)


def system_only(op: Operations, table: str) -> None:
    """Close a table of the platform itself: only atrium_system (and the owner) get at it."""
    _force(op, table)


def app_reads(op: Operations, table: str) -> None:
    """A table of the platform that the app may read whole; the catalogue test pins the list of these."""
    _force(op, table)
    op.execute(f"CREATE POLICY readable ON {table} FOR SELECT TO {APP_ROLE} USING (true)")
    op.execute(f"GRANT select ON {table} TO {APP_ROLE}")


def _force(op: Operations, table: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for name, role in (("owner", OWNER_ROLE), ("system", SYSTEM_ROLE)):
        op.execute(f"CREATE POLICY {name} ON {table} TO {role} USING (true) WITH CHECK (true)")
    op.execute(f"GRANT {', '.join(ALL_GRANTS)} ON {table} TO {SYSTEM_ROLE}")
