"""Preparing a server: by an administrator that is no superuser, again and again, by several at once."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from enterprise_app.core.bootstrap import bootstrap
from enterprise_app.core.catalogue import find_leaks
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.embedded import start
from enterprise_app.core.migrate import LOCK, migrate, pending_revisions

KEY = "k" * 40


def test_urls() -> None:
    urls = DatabaseUrls.derive("postgres://adm%40in:p%2Fw@h:6432/db?sslmode=require", "postgres://a:b@h:5432/db", KEY)
    assert urls.pooled
    assert urls.admin == "postgresql://adm%40in:p%2Fw@h:6432/db?sslmode=require"
    assert urls.app.startswith("postgresql://atrium_app:")
    assert urls.app.endswith("@h:6432/db?sslmode=require")
    assert urls.direct_app.endswith("@h:5432/db")
    assert urls.password_of("atrium_app") != urls.password_of("atrium_owner")
    assert DatabaseUrls.derive(urls.admin, None, KEY).app == urls.app
    assert DatabaseUrls.derive(urls.admin, None, KEY + "x").app != urls.app
    assert not DatabaseUrls.derive(urls.admin, None, KEY).pooled
    assert urls.for_database("other").database == "other"
    assert "p%2Fw" not in repr(urls)
    assert DatabaseUrls.derive("postgres://a@h", None, KEY).database == "postgres"


def test_a_managed_server(tmp_path) -> None:
    """The administrator may create roles and databases and nothing else, as on a managed server."""
    server = start(tmp_path / "pg", throwaway=True)
    try:
        with psycopg.connect(server.admin_url, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD 'secret'")
        admin = server.admin_url.split("//")[0] + "//manager:secret@" + server.admin_url.rpartition("@")[2]
        urls = DatabaseUrls.derive(admin, None, KEY, database="atrium")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(bootstrap, [urls] * 4))
        assert pending_revisions(urls)[0] == "0001_kernel"
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(migrate, [urls] * 3))
        assert pending_revisions(urls) == []
        bootstrap(urls)
        with psycopg.connect(urls.admin) as connection:
            assert find_leaks(connection) == []
        for url in (urls.owner, urls.app, urls.system):
            psycopg.connect(url).close()
        _stranger_stays_out(server.admin_url, urls)
        _new_secret_key(urls, admin)
    finally:
        server.stop()


def _stranger_stays_out(admin_url: str, urls: DatabaseUrls) -> None:
    with psycopg.connect(admin_url, autocommit=True) as superuser:
        superuser.execute("CREATE ROLE stranger LOGIN PASSWORD 's'")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(urls.admin.replace("manager:secret", "stranger:s"))


def _new_secret_key(urls: DatabaseUrls, admin: str) -> None:
    fresh = DatabaseUrls.derive(admin, None, KEY + "new", database="atrium")
    bootstrap(fresh)
    psycopg.connect(fresh.app).close()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(urls.app)


def test_a_role_with_powers_is_refused(tmp_path) -> None:
    server = start(tmp_path / "pg", throwaway=True)
    try:
        urls = DatabaseUrls.derive(server.admin_url, None, KEY, database="atrium")
        bootstrap(urls)
        with psycopg.connect(server.admin_url, autocommit=True) as superuser:
            superuser.execute("ALTER ROLE atrium_app BYPASSRLS")
        with pytest.raises(PermissionError, match="ALTER ROLE atrium_app NOSUPERUSER NOBYPASSRLS"):
            bootstrap(urls)
    finally:
        server.stop()


def test_a_migration_gives_up_instead_of_blocking(committed_db: DatabaseUrls) -> None:
    """It waits for its lock only a moment, and a failed one changes nothing."""
    with psycopg.connect(committed_db.direct_owner, autocommit=True) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '0001_kernel'")
        with pytest.raises(Exception, match="already exists"):
            migrate(committed_db)
        row = owner.execute("SELECT version_num FROM alembic_version").fetchone()
        assert row == ("0001_kernel",)
        assert owner.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() == (True,), "the lock is free again"
