"""The doctor's look at the database: reachable, roles without too much power, row-level security complete."""

from collections.abc import Iterator

import psycopg

from enterprise_app.core.database import EMBEDDED_DATABASE
from enterprise_app.core.db_urls import ROLES, DatabaseUrls
from enterprise_app.core.embedded import EmbeddedError, find_running_server
from enterprise_app.core.embedded.binaries import choose
from enterprise_app.core.logs import mask_text
from enterprise_app.core.settings import Settings

from .checks import Finding

STRONG = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls)"
KNOWN = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)"
UNPROTECTED = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    ORDER BY 1"""


def check_database(settings: Settings) -> Iterator[Finding]:
    """Programs, server, roles, row-level security, migrations."""
    admin = _find_admin_url(settings)
    if settings.database_url is None:
        yield _programs(settings)
    if admin is None:
        yield Finding("database", "note", "the embedded server is not running", "./atrium up starts it")
        return
    try:
        with psycopg.connect(admin, connect_timeout=5) as connection:
            yield Finding("database", "ok", f"PostgreSQL {connection.info.server_version // 10000}")
            yield from _roles(connection)
            yield from _protection(connection)
    except psycopg.OperationalError as error:
        reason = mask_text(str(error)).strip().splitlines()[-1]
        yield Finding(
            "database", "bad", reason, "start the server or correct DATABASE_URL; ./atrium migrate prepares it"
        )


def _find_admin_url(settings: Settings) -> str | None:
    if settings.database_url is not None:
        direct = settings.database_direct_url or settings.database_url
        return DatabaseUrls.derive(direct.get_secret_value()).direct_admin
    found = find_running_server(settings)
    if found is None:
        return None
    place, port = found
    return DatabaseUrls.derive(place.admin_url(port), database=EMBEDDED_DATABASE).direct_admin


def _programs(settings: Settings) -> Finding:
    try:
        binaries = choose(settings.pg_version)
    except EmbeddedError as error:
        return Finding("database programs", "bad", str(error), "unset PG_VERSION or set DATABASE_URL")
    return Finding(
        "database programs", "ok", f"PostgreSQL {binaries.major} ({'wheel' if binaries.from_wheel else 'system'})"
    )


def _roles(connection: psycopg.Connection) -> Iterator[Finding]:
    known = {row[0] for row in connection.execute(KNOWN, [list(ROLES)])}
    strong = [row[0] for row in connection.execute(STRONG, [list(ROLES)])]
    missing = [role for role in ROLES if role not in known]
    if missing:
        yield Finding("roles", "bad", f"missing: {', '.join(missing)}", "./atrium migrate")
    elif strong:
        fix = f"as a superuser: ALTER ROLE {strong[0]} NOSUPERUSER NOBYPASSRLS"
        yield Finding("roles", "bad", f"{', '.join(strong)} can bypass row-level security", fix)
    else:
        yield Finding("roles", "ok", ", ".join(ROLES))


def _protection(connection: psycopg.Connection) -> Iterator[Finding]:
    open_tables = [row[0] for row in connection.execute(UNPROTECTED)]
    if open_tables:
        yield Finding("row-level security", "bad", f"not forced on: {', '.join(open_tables)}", "./atrium migrate")
    else:
        yield Finding("row-level security", "ok", "enabled and forced on every table with tenant data")
