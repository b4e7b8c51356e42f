"""TEN-03: the database as migrated has no leak, and each kind of leak would be found."""

from collections.abc import Iterator

import psycopg
import pytest

from enterprise_app.core.catalogue import find_leaks
from enterprise_app.core.db_urls import DatabaseUrls

LEAKS = {
    "a table without row-level security": (
        "CREATE TABLE leak (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id)); GRANT SELECT ON leak TO atrium_app",
        "leak has row-level security not enabled",
    ),
    "not forced": ("ALTER TABLE files NO FORCE ROW LEVEL SECURITY", "files has row-level security not forced"),
    "a policy that lets all through": (
        "CREATE POLICY also ON files TO atrium_app USING (true)",
        "policy also of files is not the tenant's",
    ),
    "a policy without a check of what is written": (
        "DROP POLICY tenant ON files; CREATE POLICY tenant ON files TO atrium_app"
        " USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (true)",
        "policy tenant of files is not the tenant's",
    ),
    "a policy that fails on a pooled connection": (
        "DROP POLICY tenant ON files; CREATE POLICY tenant ON files TO atrium_app"
        " USING (tenant_id = current_setting('app.tenant_id', true)::uuid)"
        " WITH CHECK (tenant_id = current_setting('app.tenant_id', true)::uuid)",
        "policy tenant of files is not the tenant's",
    ),
    "a policy for everybody": ("CREATE POLICY open ON files USING (true)", "policy open of files is for everybody"),
    "no policy": ("DROP POLICY tenant ON files", "files has 0 policies"),
    "a table of the platform": ("GRANT SELECT ON mailbox TO atrium_app", "reaches mailbox"),
    "one column of it": ("GRANT SELECT (subject) ON mailbox TO atrium_app", "reaches mailbox"),
    "through PUBLIC": ("GRANT SELECT ON mailbox TO PUBLIC", "reaches mailbox"),
    "writing what may only be read": ("GRANT UPDATE ON switches TO atrium_app", "may write switches"),
    "a partition": (
        "CREATE TABLE parted (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id)) PARTITION BY HASH (id);"
        " CREATE TABLE part PARTITION OF parted FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        " GRANT SELECT ON part TO atrium_app",
        "reaches the partition part",
    ),
    "an inherited table": (
        "CREATE TABLE heir () INHERITS (files); GRANT SELECT ON heir TO atrium_app",
        "reaches the partition heir",
    ),
    "a view": (
        "CREATE VIEW looking AS SELECT * FROM files; GRANT SELECT ON looking TO atrium_app",
        "view looking reads with its owner's rights",
    ),
    "a materialized view": (
        "CREATE MATERIALIZED VIEW frozen AS SELECT * FROM files; GRANT SELECT ON frozen TO atrium_app",
        "reaches the materialized view frozen",
    ),
    "a function": (
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM files'",
        "function peek() runs with its owner's rights",
    ),
    "a foreign key without the tenant": (
        "ALTER TABLE files ADD UNIQUE (id); ALTER TABLE attachments ADD CONSTRAINT crossing FOREIGN KEY (file_id)"
        " REFERENCES files (id)",
        "foreign key crossing of attachments may point at another tenant's files",
    ),
    "a unique key over all tenants": (
        "CREATE UNIQUE INDEX everywhere ON files (name)",
        "unique index everywhere of files",
    ),
    "a table of the app's own": ("ALTER TABLE files OWNER TO atrium_app", "files belongs to atrium_app"),
    "bypassing": ("ALTER ROLE atrium_app BYPASSRLS", "role atrium_app has powers"),
    "membership": ("GRANT atrium_owner TO atrium_app", "atrium_app is a member of atrium_owner"),
    "default privileges": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE atrium_owner GRANT SELECT ON TABLES TO atrium_app",
        "default privileges of atrium_owner",
    ),
    "the jobs' schema": ("GRANT USAGE ON SCHEMA dbos TO atrium_app", "schema dbos"),
    "creating": ("GRANT CREATE ON SCHEMA public TO atrium_app", "schema public"),
}


@pytest.fixture
def admin(rolled_back_database: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """The administrator in a transaction that is rolled back."""
    with psycopg.connect(rolled_back_database.direct_admin) as connection:
        yield connection
        connection.rollback()


def test_nothing_leaks(admin: psycopg.Connection) -> None:
    assert find_leaks(admin) == []


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found(admin: psycopg.Connection, name: str) -> None:
    statements, finding = LEAKS[name]
    admin.execute(statements.encode())
    found = find_leaks(admin)
    assert any(finding in leak for leak in found), found


def test_temporary_tables_of_a_running_import_are_no_leak(
    admin: psycopg.Connection, rolled_back_database: DatabaseUrls
) -> None:
    with psycopg.connect(rolled_back_database.direct_app) as app:
        app.execute("CREATE TEMPORARY TABLE incoming (tenant_id uuid, id uuid UNIQUE) ON COMMIT DELETE ROWS")
        app.commit()
        assert find_leaks(admin) == []
