"""A served platform with sources to send to, and the stock JavaScript clients installed by the project's own npm."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.analytics.rules.writekeys import new_write_key
from tests.api.conftest import _wait_for
from tests.conftest import SECRET_KEY, _clone, _drop
from tests.e2e.platform import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES (%s, %s, %s, 'Acme', 'FREE')"
_SOURCE = """
    INSERT INTO analytics_sources (tenant_id, id, name, kind, write_key, allowed_origins, version, do_not_track)
    VALUES (%s, %s, %s, 'web', %s, '{}', 1, %s)
"""


@dataclass
class Served:
    """A running server and its database."""

    url: str
    dsn: str

    def new_source(self, do_not_track: str = "anonymise") -> "Source":
        """A source with its write key, of a tenant of its own."""
        tenant_id = uuid4()
        source = Source(self, uuid4(), new_write_key(tenant_id))
        with psycopg.connect(self.dsn) as connection:
            connection.execute(_TENANT, (tenant_id, str(tenant_id), str(tenant_id)))
            connection.execute(_SOURCE, (tenant_id, source.id, "Site", source.key, do_not_track))
        return source

    def refuse(self, status: int, count: int) -> None:
        """Answer the next calls that would store with 429 or 503, and begin the list of calls anew."""
        httpx.get(f"{self.url}/_refuse", params={"status": status, "count": count}).raise_for_status()

    def calls(self, method: str = "POST") -> list[dict[str, Any]]:
        """What was asked since, in order."""
        return [call for call in httpx.get(f"{self.url}/_calls").json() if call["method"] == method]


@dataclass
class Source:
    """Where a test sends to."""

    served: Served
    id: UUID
    key: str

    def events(self) -> list[dict[str, Any]]:
        """What is stored, by time."""
        query = "SELECT * FROM analytics_events WHERE source_id = %s ORDER BY occurred_at, type, name"
        with psycopg.connect(self.served.dsn) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, [self.id]).fetchall()

    def wait_for(self, count: int, seconds: float = 20) -> list[dict[str, Any]]:
        """The stored events as soon as there are so many."""
        deadline = time.monotonic() + seconds
        while len(found := self.events()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(found) == count, [(e["type"], e["name"]) for e in found]
        return found


@pytest.fixture(scope="module")
def served(postgres: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server over a database of its own; `127.0.0.1`, so that a page on `localhost` is on another site."""
    with serving(postgres, tmp_path_factory.mktemp("data")) as made:
        yield made


@contextmanager
def serving(postgres: DatabaseUrls, folder: Path, **settings: str) -> Iterator[Served]:
    """A server with these settings of the operator's."""
    urls, port = _clone(postgres, f"atrium_{uuid4().hex[:12]}"), free_port()
    environment = {
        "TEST_ADMIN": urls.direct_admin,
        "TEST_SECRET": SECRET_KEY,
        "TEST_DATABASE": urls.database,
        "ATRIUM_DATA_DIR": str(folder),
        "ATRIUM_SECRET_KEY": SECRET_KEY,
        "ATRIUM_PORT": str(port),
    } | settings
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--log-level", "warning", "tests.clients.server:make"]
    process = subprocess.Popen(command, env=os.environ | environment, cwd=ROOT)
    try:
        _wait_for(process, port)
        yield Served(f"http://127.0.0.1:{port}", urls.direct_admin)
    finally:
        process.terminate()
        process.wait(20)
        _drop(postgres, urls.database)


@pytest.fixture
def source(served: Served) -> Source:
    """A source of its own for each test."""
    return served.new_source()


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clients of package-lock.json installed, and the scripts that use them."""
    folder = tmp_path_factory.mktemp("clients")
    for name in ("package.json", "package-lock.json", "node.mjs", "browser.js", "flags.js"):
        shutil.copy(HERE / name, folder)
    run(folder, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
    return folder


def run(folder: Path, program: str, *arguments: str) -> str:
    """A program of the project's environment or of the installed packages, in their folder; its output."""
    scripts = Path(sys.executable).parent
    own = scripts / program
    place = own if own.exists() else folder / "node_modules" / ".bin" / program
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [str(place), *arguments], cwd=folder, env=environment, text=True, capture_output=True, timeout=180
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
