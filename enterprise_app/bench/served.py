"""A whole web process on data of its own, as `atrium up` would start it: what the benchmarks of pages open."""

import json
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import psutil
import psycopg

from enterprise_app.bench.api import SECRET, throwaway_database
from enterprise_app.commands.supervisor import web_command, web_environment
from enterprise_app.core import crypto
from enterprise_app.core.clock import now
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import PROJECT_ROOT, Settings, setting_names
from enterprise_app.web.build import build

SLUG = "bench-corp"
CAMPAIGNS = 500
PATIENCE = 90
_OURS = ("ATRIUM_", "DATABASE_", "REDIS_", "SMTP_")
_TENANT = {"name": "Bench", "slug": SLUG, "owner_name": "Ada", "email": "ada@example.com"}
_SESSION = """
    INSERT INTO sessions (id, account_id, secret_hash, host, device, created_at, last_seen_at, expires_at)
    SELECT %s, account_id, %s, %s, 'bench', %s, %s, %s FROM members LIMIT 1
"""
_FILL = """
    INSERT INTO campaigns (tenant_id, id, name, name_key, objective, status, starts_on, ends_on, channels, created_at)
    SELECT id, gen_random_uuid(), 'Campaign ' || n, 'campaign ' || n, 'sales', 'draft', date '2026-03-01',
           date '2026-03-31', '{email,social}', now() - n * interval '1 minute'
    FROM generate_series(1, %s) AS n, tenants WHERE slug = %s
"""


@dataclass(frozen=True)
class Served:
    """A running web process with one tenant."""

    port: int
    process: psutil.Process
    database: str

    @property
    def host(self) -> str:
        """What a member's browser has in its address bar."""
        return f"{SLUG}.atrium.localhost:{self.port}"

    def memory(self) -> int:
        """Resident bytes of the web process with its children."""
        return sum(process.memory_info().rss for process in (self.process, *self.process.children(recursive=True)))

    def sessions(self, count: int) -> list[str]:
        """Secrets of so many fresh sessions of the owner (500 sign-ins would measure the hash of the password)."""
        from enterprise_app.domains.identity import service as identity

        made, at = [secrets.token_urlsafe(32) for _ in range(count)], now()
        until, host = at + timedelta(days=1), identity.hostname(self.host)
        rows = [(new_id(), identity.hash_secret(secret), host, at, at, until) for secret in made]
        with psycopg.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.executemany(_SESSION, rows)
        return made

    def fill(self) -> None:
        """A tenant with an owner, signed up as anybody would, and 500 campaigns."""
        body = json.dumps(_TENANT | {"password": "correct horse battery staple"}).encode()
        url = f"http://127.0.0.1:{self.port}/api/v1/tenants/register"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=30).close()
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(_FILL, [CAMPAIGNS, SLUG])
            connection.execute("ANALYZE")


@contextmanager
def served() -> Iterator[Served]:
    """Build the pages when needed, start PostgreSQL and web; everything is gone afterwards."""
    build(lambda text: print(text, flush=True))
    crypto.configure(SECRET)
    with (
        throwaway_database() as (urls, _),
        tempfile.TemporaryDirectory(prefix="atrium-bench-") as folder,
        web_process(Path(folder), urls.direct_admin) as (port, process),
    ):
        running = Served(port, process, urls.direct_admin)
        running.fill()
        yield running


@contextmanager
def web_process(
    folder: Path, database: str, *, output: IO[bytes] | None = None, **more: str
) -> Iterator[tuple[int, psutil.Process]]:
    """The web process as `atrium up` starts it, on a free port and this database; yields port and process.

    `more` is added to its environment, settings among it.
    """
    port = free_port()
    own = own_settings(folder, database, port) | more
    names = set(setting_names())
    command = web_command(Settings.model_validate({name: value for name, value in own.items() if name in names}))
    environment = _without_settings(web_environment()) | own
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT, stdout=output, stderr=output)
    try:
        _wait_until_live(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def own_settings(folder: Path, database: str, port: int) -> dict[str, str]:
    """The settings of a platform apart from every other one on this machine."""
    address = {"ATRIUM_PORT": str(port), "ATRIUM_BASE_URL": f"http://atrium.localhost:{port}"}
    return address | {"ATRIUM_DATA_DIR": str(folder), "ATRIUM_SECRET_KEY": SECRET, "DATABASE_URL": database}


def _without_settings(environment: dict[str, str]) -> dict[str, str]:
    """Not those of a platform that runs here otherwise."""
    return {name: value for name, value in environment.items() if not name.startswith(_OURS)}


def _wait_until_live(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the web process did not become ready (see its messages above)")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
