"""Keeps web, workers and the embedded database running while `atrium up` lives, and ends them in the right order."""

import os
import sys
import time
from collections.abc import Callable

from enterprise_app.core.embedded import EmbeddedError, Server, ensure_running, find_running_server
from enterprise_app.core.settings import PROJECT_ROOT, Settings

from .children import Child
from .terminal import say

WEB_PATIENCE, WORKER_PATIENCE = 12.0, 20.0
AWAY_PATIENCE = 3.0
"""There is nothing to finish without the database."""


class Supervisor:
    """The processes of one installation on this machine."""

    def __init__(self, settings: Settings, server: Server | None) -> None:
        self.stopping = False
        self._settings, self._server = settings, server
        self._hurry = False
        self._children: list[Child] = []

    def start(self) -> None:
        """Start web and workers."""
        web = Child("web", web_command(self._settings), PROJECT_ROOT, web_environment)
        worker = [sys.executable, "-m", "enterprise_app.worker"]
        count = self._settings.workers
        names = ["worker"] if count == 1 else [f"worker {number + 1}" for number in range(count)]
        self._children = [web, *(Child(name, worker, PROJECT_ROOT, child_environment) for name in names)]
        for child in self._children:
            child.start()

    def pids(self) -> list[int]:
        """The processes that run now."""
        return [child.pid for child in self._children if child.pid is not None]

    def look_after(self) -> None:
        """Start again what ended; the database first, because the others need it."""
        self._look_after_database()
        for child in self._children:
            child.look_after(say)

    def watch(self, changed: Callable[[], None]) -> None:
        """Look after everything until a signal stops it."""
        known = self.pids()
        while not self.stopping:
            self.look_after()
            if self.pids() != known:
                known = self.pids()
                changed()
            time.sleep(0.2)

    def hurry(self) -> None:
        """Somebody pressed Ctrl-C twice."""
        self._hurry = True
        for child in self._children:
            child.stop(0)

    def stop(self) -> None:
        """Web first (no new work), then workers (they finish what they hold), then the database."""
        self.stopping = True
        if self._children:
            say("\nStopping")
        for child in self._children:
            patience = WEB_PATIENCE if child.name == "web" else WORKER_PATIENCE
            if not child.stop(0 if self._hurry else patience):
                say(f"The {child.name} process did not end in time and was killed; the next start takes up its work")
        if self._server is not None and not self._server.stop():
            say("The database keeps running: another command is using it and stops it when done")

    def _look_after_database(self) -> None:
        if self._server is None:
            return
        running = find_running_server(self._settings)
        if running is not None and running[1] == self._server.port:
            return
        if running is None:
            say("The database ended; starting it again")
        try:
            ended, self._server = self._server, ensure_running(self._settings)
            ended.let_go()  # however long the old object lives: who uses a server keeps it from being stopped
        except (EmbeddedError, OSError) as error:  # a full disk, above all: it may have room again soon
            say(str(error))
            time.sleep(2)
            return
        if self._server.port != ended.port:
            self._follow_database()

    def _follow_database(self) -> None:
        """Somebody took its port while it was away: what we started before knocks there for ever."""
        say("The database's port was taken meanwhile, so it has another one; starting everything else again")
        for child in self._children:
            child.stop(AWAY_PATIENCE)
            child.start()


def web_command(settings: Settings) -> list[str]:
    """granian on the compiled app."""
    return [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", settings.host, "--port", str(settings.port),
        "--workers", str(settings.web_workers), "--no-access-log", "--log-level", "warning",
        "--workers-kill-timeout", "8", "enterprise_app.enterprise_app:asgi",
    ]  # fmt: skip


def child_environment() -> dict[str, str]:
    """The environment of our processes: this checkout importable, output not held back."""
    return {**os.environ, "PYTHONPATH": str(PROJECT_ROOT), "PYTHONUNBUFFERED": "1"}


def web_environment() -> dict[str, str]:
    """What the web process needs besides: serve the compiled pages, don't compile again."""
    from enterprise_app.web.build import SERVE_ENVIRONMENT

    return {**child_environment(), **SERVE_ENVIRONMENT}
