"""One PostgreSQL per test process, migrated once; `db` rolls back after each test, `committed_db` is a cloned database.

`db`: every tenant_session and system_session of the test joins one outer transaction (each is a savepoint).
`committed_db`: real commits, for NOTIFY, races, kills; its value is the DatabaseUrls. Both are empty of tenants.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from psycopg import sql

from enterprise_app.core import crypto, events, storage
from enterprise_app.core import db as core_db
from enterprise_app.core.bootstrap import bootstrap
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.embedded import start
from enterprise_app.core.migrate import migrate
from enterprise_app.domains.identity.service import passwords
from enterprise_app.registry import DOMAINS
from tests.joined import JoinedSource
from tests.leftover import nothing_left_over

SECRET_KEY = "a-secret-key-for-tests-only-0123456789"
TEMPLATE = "atrium_template"
STRONG_HASHER = passwords._HASHER
"""As the product hashes; tests/domains/identity/test_hashing.py looks at it."""
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # else a seventh of a second each time

LONGEST = (
    "tests/api/test_schema.py",
    "tests/robustness/",
    "tests/core/test_jobs.py",
    "tests/domains/analytics/test_crashes.py",
)
"""Files that take minutes, or wait a lot for processes: they begin first, so that none of them is left for the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, then those with the most tests; within a file as they came (shuffled, mostly)."""
    sizes = Counter(item.location[0] for item in items)
    items.sort(key=lambda item: (not item.location[0].startswith(LONGEST), -sizes[item.location[0]]))


@pytest.fixture(scope="session")
def postgres() -> Iterator[DatabaseUrls]:
    """The server of this test process, with the migrated template database; the value points at the template."""
    folder = Path(tempfile.mkdtemp(prefix="atrium-test-"))
    server = start(folder / "pg", throwaway=True)
    try:
        urls = DatabaseUrls.derive(server.admin_url, None, SECRET_KEY, database=TEMPLATE)
        bootstrap(urls)
        migrate(urls)
        yield urls
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def rolled_back_database(postgres: DatabaseUrls) -> DatabaseUrls:
    """A clone of the template for `db`: the template itself must stay without connections."""
    return _clone(postgres, "atrium_rolled_back")


@pytest.fixture(autouse=True)
def registered_domains() -> None:
    """What the composition root does at start: subscribers are known, so that events can be published."""
    crypto.configure(SECRET_KEY)
    events.register(DOMAINS)


@pytest.fixture
def storage_folder(tmp_path: Path) -> Iterator[Path]:
    """Where the files of this test lie."""
    before, folder = storage._storage, tmp_path / "files"
    folder.mkdir()
    storage.configure(storage.LocalStorage(folder))
    yield folder
    storage._storage = before


@pytest_asyncio.fixture(loop_scope="session")
async def db(rolled_back_database: DatabaseUrls) -> AsyncIterator[JoinedSource]:
    """Sessions inside one transaction that is rolled back; not for concurrent sessions (see `committed_db`)."""
    source = await JoinedSource.open(rolled_back_database)
    core_db.use_source(source)
    try:
        async with nothing_left_over():
            yield source
    finally:
        await core_db.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def committed_db(postgres: DatabaseUrls) -> AsyncIterator[DatabaseUrls]:
    """A database of its own, dropped afterwards."""
    urls = await asyncio.to_thread(_clone, postgres, f"atrium_{uuid4().hex[:12]}")
    core_db.configure(urls, pool_size=5, system_pool_size=3)
    try:
        async with nothing_left_over():
            yield urls
    finally:
        await core_db.dispose()
        await asyncio.to_thread(_drop, postgres, urls.database)


def _clone(template: DatabaseUrls, name: str) -> DatabaseUrls:
    urls = template.for_database(name)
    _drop(template, name)
    with psycopg.connect(template.for_database("postgres").direct_admin, autocommit=True) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template.database)))
    bootstrap(urls)
    return urls


def _drop(template: DatabaseUrls, name: str) -> None:
    with psycopg.connect(template.for_database("postgres").direct_admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
