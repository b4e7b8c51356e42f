"""The small site behind the real guard, served by the real server, with a tiny stand-in for the built pages."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web.socket import OPEN, Tab

ROOT = Path(__file__).resolve().parents[2]
HOST = "acme.atrium.localhost"
_PAGE = "<!DOCTYPE html><html><head><script>var inline = 1;</script></head><body><p>page</p></body></html>"


@dataclass(frozen=True)
class Site:
    """Where it listens, and how to speak to it."""

    port: int

    def cookie(self, name: str, host: str = HOST) -> str:
        """The session cookie of a person, bound to a host."""
        return f"atrium_session=secret-{name}-{host}"

    def tab(self, who: str | None = None, *, host: str = HOST, visitor: str = "v" * 40, **options: Any) -> Tab:
        """A tab of somebody; None is a visitor with a browser cookie only."""
        cookie = self.cookie(who, host) if who else f"atrium_visitor={visitor}"
        return Tab(self.port, host=host, **{"cookie": cookie, **options})

    def request(self, method: str, path: str, *, host: str = HOST, **options: Any) -> httpx.Response:
        """A plain HTTP request to one of the site's hosts."""
        headers = {"Host": f"{host}:{self.port}", **options.pop("headers", {})}
        return httpx.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, **options)

    def control(self, **command: str) -> dict[str, Any]:
        """Reach inside the server."""
        return self.request("POST", "/api/v1/control", json=command).json()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _pages(folder: Path) -> None:
    for name in ("index", "404", "sign-in/index", "system/index"):
        file = folder / "build" / "client" / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_PAGE)
    (folder / "build" / "client" / "app.js").write_text("1")


@pytest.fixture(scope="session")
def start_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Site]]:
    """Starts sites; all are stopped at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def start() -> Site:
        folder = tmp_path_factory.mktemp("web")
        _pages(folder)
        port = _free_port()
        environment = {
            **os.environ, "REFLEX_WEB_WORKDIR": str(folder), "REFLEX_ENV_MODE": "prod",
            "__REFLEX_SKIP_COMPILE": "true", "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        }  # fmt: skip
        for name in ("PYTEST_CURRENT_TEST", "REDIS_URL"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--ws", "--host", "127.0.0.1"]
        with (folder / "log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    [*command, "--port", str(port), "tests.web.site:app"],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )
        _wait(port, running[-1], folder / "log")
        return Site(port)

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/sign-in")
            return
        except httpx.TransportError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def site(start_site: Callable[[], Site]) -> Site:
    """One site for the whole run."""
    return start_site()


@pytest.fixture(autouse=True)
def _close_tabs() -> Iterator[None]:
    yield
    for wire in list(OPEN):
        wire.close()
