"""Real processes to hurt: an embedded server that is durable, web and worker on it, and a tenant to work in."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psycopg
import pytest

from enterprise_app.bench.api import SECRET
from enterprise_app.bench.served import free_port, own_settings, web_process
from enterprise_app.core.bootstrap import bootstrap
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.embedded import Server, start
from enterprise_app.core.embedded.place import remove_place
from enterprise_app.core.migrate import migrate
from enterprise_app.core.settings import PROJECT_ROOT
from tests.web.socket import Tab

SLUG, EMAIL, PASSWORD = "acme", "ada@acme.example", "correct horse battery staple"
_PAGE = "<!DOCTYPE html><html><head></head><body><p>page</p></body></html>"


@dataclass
class World:
    """One platform: its server (stopped and started at will), its folder, its web port."""

    folder: Path
    server: Server
    urls: DatabaseUrls
    port: int = 0
    pid: int = 0
    token: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"{SLUG}.atrium.localhost:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "web.log"

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the administrator."""
        with psycopg.connect(self.urls.direct_admin, autocommit=True) as connection:
            cursor = connection.execute(statement, values)  # pyright: ignore[reportArgumentType]
            return cursor.fetchall() if cursor.description else []

    def api(self, method: str, path: str, **json: Any) -> httpx.Response:
        """A call of the owner; raises on an error."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = httpx.request(method, self.url + path, json=json or None, headers=headers, timeout=20)
        assert answer.is_success, answer.text
        return answer

    def register(self) -> None:
        """A tenant with its owner; later calls are the owner's."""
        person = {"email": EMAIL, "password": PASSWORD}
        self.api("POST", "/api/v1/tenants/register", name="Acme", slug=SLUG, owner_name="Ada", **person)
        self.token = self.api("POST", "/api/v1/auth/token", **person).json()["access_token"]

    def sign_in(self) -> str:
        """The session cookie of the owner on the tenant's host, as a browser sends it."""
        headers = {"Host": self.host, "Origin": f"http://{self.host}"}
        person = {"email": EMAIL, "password": PASSWORD}
        answer = httpx.post(f"{self.url}/auth/sign-in", json=person, headers=headers, timeout=20)
        assert answer.is_success, answer.text
        return f"atrium_session={answer.cookies['atrium_session']}"

    def write_key(self) -> str:
        """The key of a fresh source."""
        return self.api("POST", "/api/v1/sources", name="Site").json()["write_key"]

    def worker(self, output: IO[bytes]) -> "subprocess.Popen[bytes]":
        """A worker process; the caller ends it."""
        command = [sys.executable, "-m", "enterprise_app.worker"]
        return subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=self.settings(), stdout=output, stderr=output, start_new_session=True
        )

    def settings(self) -> dict[str, str]:
        """The environment of a process of this platform."""
        ours = ("ATRIUM_", "DATABASE_", "REDIS_", "SMTP_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        own = own_settings(self.folder, self.urls.direct_admin, self.port or free_port())
        return kept | own | self.environment | {"PYTHONPATH": str(PROJECT_ROOT)}

    def stop_database(self) -> None:
        """At once, as a crash or an impatient administrator: connections are torn."""
        import psutil

        process = psutil.Process(self.server.pid)
        process.send_signal(signal.SIGQUIT)
        process.wait(20)
        self.server.stop()  # it is gone already: this only lets go of it

    def start_database(self) -> None:
        """Again, on the same port."""
        self.server = start(self.folder / "pg")
        assert self.server.admin_url.rpartition("/")[0] in self.urls.direct_admin


def pump_until(tab: Tab, true: Callable[[Tab], bool], seconds: float = 30) -> None:
    """Read what the tab is sent until something is true of it."""
    deadline = time.monotonic() + seconds
    while not true(tab):
        assert time.monotonic() < deadline, f"it did not happen in time; the tab saw:\n{tab.seen[-2000:]}"
        tab.pump(quiet=0.2)


@contextmanager
def database(folder: Path) -> Iterator[World]:
    """A durable server of its own with the schema in it; gone afterwards, with its data."""
    server = start(folder / "pg")
    world = World(folder, server, DatabaseUrls.derive(server.admin_url, None, SECRET, database="atrium"))
    try:
        bootstrap(world.urls)
        migrate(world.urls)
        yield world
    finally:
        world.server.stop()
        remove_place(folder / "pg")


Launch = Callable[..., World]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """`launch(REDIS_URL=…)` starts PostgreSQL and web, with a tiny stand-in for the built pages."""
    with ExitStack() as stack:

        def start_all(**settings: str) -> World:
            world = stack.enter_context(database(tmp_path))
            page = tmp_path / "build" / "client" / "index.html"
            page.parent.mkdir(parents=True)
            for name in ("index", "404"):
                page.with_name(f"{name}.html").write_text(_PAGE)
            settings |= {"REFLEX_WEB_WORKDIR": str(tmp_path), "ATRIUM_LOG_LEVEL": "debug"}
            world.environment = {name: value for name, value in settings.items() if name != "REFLEX_WEB_WORKDIR"}
            log = stack.enter_context(world.log.open("wb"))
            web = web_process(tmp_path, world.urls.direct_admin, output=log, **settings)
            try:
                world.port, process = stack.enter_context(web)
            except RuntimeError:
                raise AssertionError(world.log.read_text()) from None
            world.pid = process.pid
            world.register()
            return world

        yield start_all
