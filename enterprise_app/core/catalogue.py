"""What in the database could leak one tenant's data to another: read from the catalogue, for a test and `doctor`.

A new table, partition, view, function, foreign key or unique key that breaks a rule of the tenant boundary is named.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import psycopg

from enterprise_app.core.db_urls import APP_ROLE, ROLES, SYSTEM_ROLE

READABLE_BY_THE_APP = frozenset({"switches"})
"""Tables of the platform, without tenants' data, that the app's role may read."""

UNIQUE_ACROSS_TENANTS: frozenset[str] = frozenset()
"""Unique indexes that must not begin with the tenant: what is looked up before the tenant is known."""

TENANTS_THEMSELVES = "tenants"
"""Here the tenant is the row: its policy compares `id`."""

_PRIVILEGES = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
_COLUMN_PRIVILEGES = "SELECT, INSERT, UPDATE, REFERENCES"


def find_leaks(connection: psycopg.Connection[Any]) -> list[str]:
    """One line for each broken rule; empty is good. Any role may ask."""
    checks = (
        _roles, _ownership, _schemas, _default_privileges, _row_security, _policies, _platform_tables, _partitions,
        _views, _other_relations, _functions, _foreign_keys, _unique_keys,
    )  # fmt: skip
    return [leak for check in checks for leak in check(connection)]


def _rows(connection: psycopg.Connection[Any], query: str, **values: Any) -> Sequence[Any]:
    known = {"app": APP_ROLE, "system": SYSTEM_ROLE, "roles": list(ROLES), "tenants": TENANTS_THEMSELVES}
    return connection.execute(query.encode(), {**known, **values}).fetchall()


def _roles(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = """
        SELECT rolname FROM pg_roles
        WHERE rolname = ANY(%(roles)s) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
    """
    for (role,) in _rows(connection, query):
        yield f"role {role} has powers beyond its grants (superuser, bypassrls, createrole, createdb or replication)"
    query = """
        SELECT m.rolname, g.rolname FROM pg_auth_members a
        JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname IN (%(app)s, %(system)s)
    """
    for member, group in _rows(connection, query):
        yield f"role {member} is a member of {group}"


def _ownership(connection: psycopg.Connection[Any]) -> Iterator[str]:
    # Temporary tables of a running import are its own; they are gone with its transaction.
    query = "SELECT relname FROM pg_class WHERE relowner = %(app)s::regrole AND relpersistence <> 't'"
    for (name,) in _rows(connection, query):
        yield f"{name} belongs to {APP_ROLE}, which must own nothing"
    query = (
        "SELECT relname FROM pg_class WHERE relowner = %(system)s::regrole AND relnamespace = 'public'::regnamespace"
    )
    for (name,) in _rows(connection, query):
        yield f"{name} in schema public belongs to {SYSTEM_ROLE}"


def _schemas(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = """
        SELECT nspname FROM pg_namespace
        WHERE (nspname NOT IN ('public', 'information_schema') AND nspname NOT LIKE 'pg\\_%%'
               AND has_schema_privilege(%(app)s, oid, 'USAGE'))
           OR (nspname = 'public' AND has_schema_privilege(%(app)s, oid, 'CREATE'))
    """
    for (name,) in _rows(connection, query):
        yield f"{APP_ROLE} may enter or create in schema {name}"


def _default_privileges(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = "SELECT defaclrole::regrole::text, defaclacl::text FROM pg_default_acl"
    for role, privileges in _rows(connection, query):
        yield f"default privileges of {role} would open new tables by themselves: {privileges}"


def _row_security(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = """
        SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
            AND NOT (relrowsecurity AND relforcerowsecurity)
    """
    for name, enabled, _ in _rows(connection, query):
        yield f"table {name} has row-level security {'not forced' if enabled else 'not enabled'}"
    query = f"""
        SELECT 1 FROM pg_class WHERE relname = 'alembic_version' AND relnamespace = 'public'::regnamespace
            AND has_table_privilege(%(app)s, oid, '{_PRIVILEGES}')
    """
    for _ in _rows(connection, query):
        yield f"{APP_ROLE} may touch alembic_version"


def _policies(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = f"""
        SELECT c.relname, count(p.oid) FILTER (
            WHERE p.polcmd = '*' AND p.polpermissive AND p.polroles = ARRAY[%(app)s::regrole::oid]
        ) FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND {_HAS_TENANT} AND {_APP_REACHES}
        GROUP BY c.relname
    """
    for name, policies in _rows(connection, query):
        if policies != 1:
            yield f"table {name} has {policies} policies of the tenant instead of one"
    query = """
        SELECT c.relname, p.polname, p.polroles = ARRAY[0::oid],
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polroles && ARRAY[0::oid, %(app)s::regrole::oid]
    """
    for table, policy, everybody, using, check in _rows(connection, query):
        if everybody:
            yield f"policy {policy} of {table} is for everybody"
        elif table not in READABLE_BY_THE_APP and not using == check == _tenant_test(table):
            yield f"policy {policy} of {table} is not the tenant's: USING {using} WITH CHECK {check}"


def _platform_tables(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = f"""
        SELECT c.relname, has_table_privilege(%(app)s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
            OR has_any_column_privilege(%(app)s, c.oid, 'INSERT, UPDATE')
        FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
            AND c.relname <> %(tenants)s AND NOT {_HAS_TENANT} AND {_APP_REACHES}
    """
    for name, writes in _rows(connection, query):
        if name not in READABLE_BY_THE_APP:
            yield f"{APP_ROLE} reaches {name}, which has no tenant_id"
        elif writes:
            yield f"{APP_ROLE} may write {name}, which has no tenant_id"


def _partitions(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = f"""
        SELECT c.relname FROM pg_class c
        WHERE (c.relispartition OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid))
            AND c.relkind IN ('r', 'p', 'f') AND {_APP_REACHES}
    """
    for (name,) in _rows(connection, query):
        yield f"{APP_ROLE} reaches the partition {name} past its parent's policy"


def _views(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = f"""
        SELECT c.relname FROM pg_class c WHERE c.relkind = 'v' AND c.relnamespace = 'public'::regnamespace
            AND {_APP_REACHES} AND NOT coalesce(
                c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
    """
    for (name,) in _rows(connection, query):
        yield f"view {name} reads with its owner's rights: create it WITH (security_invoker = true)"


def _other_relations(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = f"""
        SELECT c.relname, c.relkind FROM pg_class c
        WHERE c.relkind IN ('m', 'f') AND c.relnamespace = 'public'::regnamespace AND {_APP_REACHES}
    """
    for name, kind in _rows(connection, query):
        what = "materialized view" if kind == "m" else "foreign table"
        yield f"{APP_ROLE} reaches the {what} {name}, which has no policies"


def _functions(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = """
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            AND has_function_privilege(%(app)s, p.oid, 'EXECUTE') AND has_schema_privilege(%(app)s, n.oid, 'USAGE')
    """
    for (name,) in _rows(connection, query):
        yield f"function {name} runs with its owner's rights (SECURITY DEFINER)"


def _foreign_keys(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = """
        SELECT k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text FROM pg_constraint k
        JOIN pg_attribute own ON own.attrelid = k.conrelid AND own.attname = 'tenant_id' AND NOT own.attisdropped
        JOIN pg_attribute other ON other.attrelid = k.confrelid AND other.attname = 'tenant_id'
            AND NOT other.attisdropped
        WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM unnest(k.conkey, k.confkey) AS pair (mine, theirs)
            WHERE pair.mine = own.attnum AND pair.theirs = other.attnum)
    """
    for name, table, other in _rows(connection, query):
        yield f"foreign key {name} of {table} may point at another tenant's {other}: include tenant_id on both sides"


def _unique_keys(connection: psycopg.Connection[Any]) -> Iterator[str]:
    query = """
        SELECT i.relname, t.relname FROM pg_index x
        JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
        WHERE x.indisunique AND t.relnamespace = 'public'::regnamespace AND NOT t.relispartition
            AND x.indkey[0] <> a.attnum
    """
    for index, table in _rows(connection, query):
        if index not in UNIQUE_ACROSS_TENANTS:
            yield f"unique index {index} of {table} tells one tenant what another has: begin it with tenant_id"


_HAS_TENANT = (
    "EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)"
)
_APP_REACHES = (
    f"(has_table_privilege(%(app)s, c.oid, '{_PRIVILEGES}')"
    f" OR has_any_column_privilege(%(app)s, c.oid, '{_COLUMN_PRIVILEGES}'))"
)


def _tenant_test(table: str) -> str:
    """The only allowed policy, as PostgreSQL prints it."""
    column = "id" if table == TENANTS_THEMSELVES else "tenant_id"
    return f"({column} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
