"""Bring a database to the newest schema: alembic as atrium_owner, one process at a time, never blocking others long."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from alembic import command
from enterprise_app.core.db_urls import DatabaseUrls

ROOT = Path(__file__).resolve().parents[2]
LOCK = 0x6D696772  # any constant: the advisory lock of migrations
LOCK_TIMEOUT = "5s"
WAIT_FOR_OTHERS = "300s"


def migrate(urls: DatabaseUrls, revision: str = "head") -> None:
    """Upgrade to `revision`. Each migration takes its locks within LOCK_TIMEOUT or fails with nothing changed."""
    engine = create_engine(sqlalchemy_url(urls.direct_owner), poolclass=NullPool)
    with engine.connect() as connection:
        _lock(connection)
        try:
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        finally:
            connection.rollback()
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
            connection.commit()
    engine.dispose()


def pending_revisions(urls: DatabaseUrls) -> list[str]:
    """Migrations that this code has and the database has not, oldest first."""
    engine = create_engine(sqlalchemy_url(urls.direct_owner), poolclass=NullPool)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    scripts = ScriptDirectory.from_config(configuration())
    waiting = [script.revision for script in scripts.iterate_revisions("head", current or "base")]
    return waiting[::-1]


def configuration() -> Config:
    """Alembic's configuration, whatever the working directory is."""
    config = Config(str(ROOT / "alembic.ini"))
    config.set_main_option("script_location", str(ROOT / "alembic"))
    return config


def sqlalchemy_url(url: str) -> str:
    """The same URL with SQLAlchemy's name of the driver."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _lock(connection: Connection) -> None:
    connection.exec_driver_sql(f"SET lock_timeout = '{WAIT_FOR_OTHERS}'")
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.commit()
