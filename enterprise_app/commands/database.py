"""The database as commands need it: running, prepared, migrated; backed up before its schema changes."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from enterprise_app.core import bootstrap, migrate
from enterprise_app.core.database import start_database
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.embedded.binaries import choose
from enterprise_app.core.embedded.errors import EmbeddedError
from enterprise_app.core.settings import Settings

Say = Callable[[str], None]


@contextmanager
def running_database(settings: Settings) -> Iterator[DatabaseUrls]:
    """The database for the length of a command; an embedded server stops afterwards unless others use it."""
    urls, server = start_database(settings)
    try:
        yield urls
    finally:
        if server is not None:
            server.stop()


@contextmanager
def prepared_database(settings: Settings, say: Say) -> Iterator[DatabaseUrls]:
    """Like `running_database`, with roles and schema up to date."""
    with running_database(settings) as urls:
        prepare(urls, settings, say)
        yield urls


def prepare(urls: DatabaseUrls, settings: Settings, say: Say) -> list[str]:
    """Create roles and database, back up what is there, migrate; returns the revisions that were applied."""
    bootstrap.bootstrap(urls)
    pending = migrate.pending_revisions(urls)
    if not pending:
        return []
    if _has_data(urls):
        file = back_up(urls, settings.data_dir / "backups")
        say(f"Backed up the database to {file}")
    say(f"Migrating the database ({len(pending)} step{'s' if len(pending) != 1 else ''})")
    migrate.migrate(urls)
    return pending


def back_up(urls: DatabaseUrls, folder: Path) -> Path:
    """Dump the database (pg_dump's custom format, for pg_restore); complete or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / f"{urls.database}-{time.strftime('%Y%m%d-%H%M%S')}.dump"
    half = target.with_suffix(".part")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        command = [choose().program("pg_dump"), "-Fc", "-d", urls.direct_admin]
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE)
    if done.returncode != 0:
        half.unlink(missing_ok=True)
        raise EmbeddedError(f"The backup before the migration failed: {done.stderr.decode(errors='replace')[-400:]}")
    half.rename(target)
    return target


def _has_data(urls: DatabaseUrls) -> bool:
    with psycopg.connect(urls.direct_admin) as connection:
        row = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
    return bool(row and row[0])
