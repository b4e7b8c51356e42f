"""Prepare a server for Atrium: the three roles, the database, who may enter which schema. Safe to repeat.

Needs an administrator with CREATEROLE (and CREATEDB when the database is missing); a superuser is not needed.
"""

import random
import time

import psycopg
from psycopg import sql

from enterprise_app.core.db_urls import APP_ROLE, OWNER_ROLE, ROLES, SYSTEM_ROLE, DatabaseUrls

JOBS_SCHEMA = "dbos"
_LOCK = 0x6174726975  # one bootstrap or migration at a time per database
_TRIES = 8
_RACES = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_)
_ROLE_SETTINGS = {"idle_in_transaction_session_timeout": "120s", "timezone": "UTC", "lock_timeout": "30s"}


def bootstrap(urls: DatabaseUrls) -> None:
    """Create what is missing and set the roles' passwords; raises psycopg errors when the administrator may not."""
    _ensure_database(urls)
    for attempt in range(_TRIES):
        try:
            _prepare(urls)
            return
        except _RACES:
            # Roles belong to the whole server, locks to one database: somebody prepares another one right now.
            if attempt == _TRIES - 1:
                raise
            time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - jitter


def _prepare(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.direct_admin, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _ensure_roles(connection, urls)
        _grant_database(connection, urls.database)
        _grant_schemas(connection)


def _ensure_database(urls: DatabaseUrls) -> None:
    try:
        psycopg.connect(urls.direct_admin).close()
        return
    except psycopg.OperationalError as error:
        if f'database "{urls.database}" does not exist' not in str(error):
            raise
    create = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(urls.database))
    with psycopg.connect(urls.for_database("postgres").direct_admin, autocommit=True) as connection:
        try:
            connection.execute(create)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            pass  # another process was faster


def _ensure_roles(connection: psycopg.Connection, urls: DatabaseUrls) -> None:
    known = {
        row[0] for row in connection.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
    }
    for role in ROLES:
        name = sql.Identifier(role)
        if role not in known:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(name))
        password = sql.Literal(urls.password_of(role))
        # Only what an administrator without superuser may set; a fresh role is NOSUPERUSER NOBYPASSRLS anyway.
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN NOINHERIT PASSWORD {}").format(name, password))
        for setting, value in _ROLE_SETTINGS.items():
            statement = sql.SQL("ALTER ROLE {} SET {} = {}")
            connection.execute(statement.format(name, sql.Identifier(setting), sql.Literal(value)))
    _refuse_powers(connection)


def _refuse_powers(connection: psycopg.Connection) -> None:
    query = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls OR rolcreaterole)"
    strong = [row[0] for row in connection.execute(query, [list(ROLES)])]
    if strong:
        raise PermissionError(
            f"{', '.join(strong)} may bypass row-level security; "
            f"run ALTER ROLE {strong[0]} NOSUPERUSER NOBYPASSRLS NOCREATEROLE as a superuser"
        )


def _grant_database(connection: psycopg.Connection, database: str) -> None:
    name = sql.Identifier(database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in ROLES:
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))
    # COPY into a table under row-level security is refused: bulk goes through a table of its own transaction.
    connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(name, sql.Identifier(APP_ROLE)))


def _grant_schemas(connection: psycopg.Connection) -> None:
    owner, system, jobs = sql.Identifier(OWNER_ROLE), sql.Identifier(SYSTEM_ROLE), sql.Identifier(JOBS_SCHEMA)
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(owner))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}").format(sql.Identifier(APP_ROLE), system))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(jobs))
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {} FROM PUBLIC").format(jobs))
    connection.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {}").format(jobs, system))
