"""The checks of `atrium doctor`, each a function that returns findings; database checks are in `database_checks.py`."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from enterprise_app.core.settings import Settings, load_settings, setting_names
from enterprise_app.core.settings_file import SettingsError, nearest

GIB = 1024**3
NODE_NEEDED = (22, 22)
PYTHON_NEEDED = (3, 11)


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and the fix; `note` works but deserves a look, `bad` does not work."""

    what: str
    state: Literal["ok", "note", "bad"]
    found: str
    fix: str = ""


def run_checks() -> list[Finding]:
    """Everything, in the order in which things depend on each other."""
    findings = [check_python(), check_node()]
    try:
        settings = load_settings()
    except SettingsError as error:
        bad = [
            Finding("settings", "bad", str(p), "correct it; every setting: docs/settings.md") for p in error.problems
        ]
        return [*findings, *bad]
    findings += check_settings()
    from .database_checks import check_database

    checks: list[Callable[[Settings], Iterator[Finding]]] = [
        check_disk,
        check_port,
        check_database,
        check_redis,
        check_mail,
    ]
    for check in checks:
        findings += check(settings)
    findings.append(check_browser())
    return findings


def check_python() -> Finding:
    """Python 3.11 or newer."""
    found = ".".join(map(str, sys.version_info[:3]))
    new_enough = tuple(sys.version_info) >= PYTHON_NEEDED
    return Finding("Python", "ok", found) if new_enough else Finding("Python", "bad", found, "install a newer one")


def check_node() -> Finding:
    """The Node of the wheel, for building pages."""
    node = Path(sys.executable).with_name("node")
    fix = "delete .venv and run any ./atrium command"
    try:
        text = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("Node", "bad", f"{node} does not run ({type(error).__name__})", fix)
    version = tuple(int(part) for part in text.lstrip("v").split(".")[:2])
    return Finding("Node", "ok", text) if version >= NODE_NEEDED else Finding("Node", "bad", text, fix)


def check_settings() -> list[Finding]:
    """Names in the environment that look like a misspelt setting; foreign variables are none of our business."""
    known = setting_names()
    suspects = [n for n in os.environ if n not in known and any(_same_letters(n, k) for k in known)]
    notes = [Finding("settings", "note", f"environment: {n}", f"did you mean {nearest(n, known)}?") for n in suspects]
    return notes or [Finding("settings", "ok", "names and values are valid")]


def _same_letters(name: str, other: str) -> bool:
    return len(name) > 6 and sorted(name.upper()) == sorted(other)


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Space for the data, and whether the folder can be written."""
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield Finding("data folder", "bad", f"{folder} is not writable", "run as its owner or set ATRIUM_DATA_DIR")
    free = shutil.disk_usage(folder).free
    state = "ok" if free > 5 * GIB else "note" if free > GIB else "bad"
    yield Finding(
        "disk", state, f"{free / GIB:.1f} GiB free for {settings.data_dir}", "" if state == "ok" else "free space"
    )


def check_port(settings: Settings) -> Iterator[Finding]:
    """Free, or taken by ourselves."""
    import json

    try:
        ours = json.loads((settings.data_dir / "up.json").read_text())["port"] == settings.port
    except (OSError, ValueError, KeyError):
        ours = False
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", settings.port)) == 0
    if taken and not ours:
        yield Finding(
            "port", "bad", f"{settings.port} is used by another program", "./atrium up --port N, or ATRIUM_PORT"
        )
    else:
        yield Finding("port", "ok", f"{settings.port} {'is ours, Atrium runs' if taken else 'is free'}")


def check_redis(settings: Settings) -> Iterator[Finding]:
    """PING, when REDIS_URL is set."""
    if settings.redis_url is None:
        yield Finding("Redis", "ok", "not used: one web process keeps its state in memory")
        return
    import redis

    try:
        client = redis.Redis.from_url(settings.redis_url.get_secret_value(), socket_timeout=5, socket_connect_timeout=5)
        version = dict(client.info("server")).get("redis_version", "?")  # type: ignore[arg-type]
        yield Finding("Redis", "ok", f"version {version}")
    except (redis.RedisError, OSError) as error:
        yield Finding("Redis", "bad", f"no answer: {error}", "start it, correct REDIS_URL, or unset it")


def check_mail(settings: Settings) -> Iterator[Finding]:
    """Whether the mail server takes connections."""
    if settings.smtp_url is None:
        yield Finding(
            "mail", "note", "SMTP_URL is not set: mails stay in the local mailbox", "set SMTP_URL to send them"
        )
        return
    parts = urlsplit(settings.smtp_url.get_secret_value())
    address = (parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 587))
    try:
        socket.create_connection(address, timeout=5).close()
        yield Finding("mail", "ok", f"{address[0]}:{address[1]} answers")
    except OSError as error:
        yield Finding("mail", "bad", f"{address[0]}:{address[1]}: {error.strerror or error}", "correct SMTP_URL")


def check_browser() -> Finding:
    """A Chromium for the end-to-end tests; the platform itself needs none."""
    from .browser import find_browser

    found = find_browser()
    return (
        Finding("browser", "ok", found)
        if found
        else Finding("browser", "note", "none (only tests need it)", "./atrium test installs one")
    )
