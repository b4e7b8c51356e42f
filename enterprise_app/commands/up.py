"""`atrium up`: database, pages, web and worker, supervised until Ctrl-C."""

import contextlib
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .terminal import fail, say

if TYPE_CHECKING:
    from .supervisor import Supervisor

READY_TIMEOUT = 180


def up(
    port: int | None = typer.Option(None, "--port", "-p", min=1, max=65535, help="Port to listen on.  [default: 8000]"),
    data_dir: Path | None = typer.Option(None, "--data-dir", help="Folder of the data.  [default: .atrium]"),
    dev: bool = typer.Option(False, "--dev", help="Development pages: mailbox and design system."),
    workers: int | None = typer.Option(None, "--workers", min=0, max=64, help="Worker processes.  [default: 1]"),
) -> None:
    """Run the platform: PostgreSQL, pages, web and worker. Ctrl-C stops all of it."""
    _to_environment(port, data_dir, dev, workers)
    from enterprise_app.core.database import start_database
    from enterprise_app.core.settings import get_settings

    from .claim import Claim, require_free_port
    from .database import prepare
    from .operator import first_operator_link
    from .supervisor import Supervisor

    began = time.monotonic()
    settings = get_settings()
    claim = Claim(settings.data_dir)
    require_free_port(settings.host, settings.port)
    say("Starting the database")
    urls, server = start_database(settings)
    supervisor = Supervisor(settings, server)
    _stop_on_signals(supervisor)
    try:
        prepare(urls, settings, say)
        _build_pages()
        link = first_operator_link(settings)
        supervisor.start()
        claim.record(settings.port, supervisor.pids())
        if _wait_until_ready(supervisor, settings.host, settings.port):
            mail_stays = settings.smtp_url is None and not settings.dev
            _welcome(settings.base_url, link, time.monotonic() - began, mail_stays=mail_stays)
            with contextlib.suppress(KeyboardInterrupt):  # the ordinary end
                supervisor.watch(lambda: claim.record(settings.port, supervisor.pids()))
    finally:
        supervisor.stop()
        claim.release()


def _to_environment(port: int | None, data_dir: Path | None, dev: bool, workers: int | None) -> None:
    """Options become settings, so that every child process sees the same."""
    options = {
        "ATRIUM_PORT": port,
        "ATRIUM_DATA_DIR": data_dir.absolute() if data_dir else None,
        "ATRIUM_DEV": "true" if dev else None,
        "ATRIUM_WORKERS": workers,
    }
    os.environ.update({name: str(value) for name, value in options.items() if value is not None})


def _stop_on_signals(supervisor: "Supervisor") -> None:
    def stop(_number: int, _frame: object) -> None:
        if supervisor.stopping:  # a second Ctrl-C: no more patience
            supervisor.hurry()
            return
        supervisor.stopping = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _build_pages() -> None:
    from enterprise_app.web.build import build

    try:
        build(say)
    except RuntimeError as error:
        fail(str(error), "Check the free space and the network (npm packages are downloaded the first time).")


def _wait_until_ready(supervisor: "Supervisor", host: str, port: int) -> bool:
    deadline = time.monotonic() + READY_TIMEOUT
    address = "127.0.0.1" if host in ("0.0.0.0", "::", "localhost") else host
    while time.monotonic() < deadline:
        supervisor.look_after()
        if _ready(f"http://{f'[{address}]' if ':' in address else address}:{port}/health/ready"):
            return True
        time.sleep(0.05)
    fail(f"The web process was not ready after {READY_TIMEOUT} s (see its messages above).", "Try ./atrium doctor")


def _ready(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _welcome(base_url: str, link: str | None, seconds: float, *, mail_stays: bool) -> None:
    say(f"\nAtrium is ready: {base_url}   (started in {seconds:.1f} s)")
    if link:
        say(f"Create the operator account (the link works once): {link}")
    if mail_stays:
        say("Mail (resets, invitations) stays on this machine: set SMTP_URL to send it, or use --dev to read it.")
    say("Ctrl-C stops it.\n")
    sys.stdout.flush()
