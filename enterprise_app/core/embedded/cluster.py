"""Create, start, find and stop one PostgreSQL server process. Knows processes and files, no settings."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from .binaries import Binaries
from .errors import EmbeddedError
from .owner import Owner
from .place import Place

START_TIMEOUT = 300  # seconds; crash recovery of a big database takes its time
STOP_TIMEOUT = 60
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
}
FAST_AND_LOSS_TOLERANT = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections (from 32768, or 49152): while the server is away, nobody gets
its port by chance, not even its own clients that knock at it."""
NO_SPACE = ("No space left on device", "Disk quota exceeded", "File too large")
LOG_TAIL, RECENT = 64_000, 60  # bytes of the log that are looked at, seconds
RETRYABLE = ("pre-existing shared memory block", "lock file", "could not bind", "Address already in use")


def create(place: Place, binaries: Binaries, owner: Owner, *, throwaway: bool = False) -> None:
    """Run initdb: UTF-8, byte-stable collation, scram passwords only. Nothing half-done stays."""
    fresh = place.base / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    owner.take(fresh)
    password_file = place.base / "initdb.password"
    password_file.touch(mode=0o600)
    owner.take(password_file)
    try:
        password_file.write_text(place.password())
        _run_initdb(binaries, owner, fresh, password_file, throwaway)
    finally:
        password_file.unlink(missing_ok=True)
    fresh.rename(place.data)


def _run_initdb(binaries: Binaries, owner: Owner, data: Path, password_file: Path, throwaway: bool) -> None:
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [
        binaries.program("initdb"), "-D", str(data), "-U", "postgres", "--encoding=UTF8", "--auth=scram-sha-256",
        f"--pwfile={password_file}", *(locale if binaries.major >= 17 else ["--locale=C"]),
        *(["--no-sync"] if throwaway else []),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, **_process(owner))
    if done.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise EmbeddedError(f"The database could not be created in {data.parent}: {_last_lines(done.stderr)}")


def launch(place: Place, binaries: Binaries, owner: Owner, *, throwaway: bool = False) -> tuple[int, int]:
    """Start the server and wait until it takes connections; returns (pid, port)."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        _remove_stale_pid_file(place)
        port = _usable_port(place)
        process = _spawn(place, binaries, owner, port, throwaway)
        try:
            ready = _wait_ready(place, process, deadline)
        except BaseException:  # Ctrl-C just now: nobody would know it, nobody would stop it
            _stop_started(process)
            raise
        if ready:
            if place.state().get("port") != port:  # nothing to write on a full disk
                place.remember(port=port)
            return process.pid, port
        reason = _last_lines(place.log.read_text(errors="replace"))
        # After kill -9 of the server its backends need a moment to notice; a port may be taken meanwhile.
        if time.monotonic() > deadline or not any(text in reason for text in RETRYABLE):
            raise EmbeddedError(f"The embedded database did not start: {reason}\n(whole log: {place.log})")
        time.sleep(0.2)


def _stop_started(process: "subprocess.Popen[Any]") -> None:
    """Ask until it ends: a server that has no handler yet loses the first request where SIGINT is ignored (`&`)."""
    deadline = time.monotonic() + STOP_TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)


def find_running(place: Place) -> tuple[int, int] | None:
    """(pid, port) of the server that runs on this place, ready or starting; None when there is none."""
    lines = _pid_file(place)
    if len(lines) < 4 or not lines[0].isdigit() or not _is_server(int(lines[0]), place):
        return None
    return int(lines[0]), int(lines[3])


def wait_until_ready(place: Place) -> None:
    """Wait for a server that somebody else is starting."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if _ready(place):
            return
        time.sleep(0.02)
    raise EmbeddedError(f"The embedded database is not ready after {START_TIMEOUT} s (log: {place.log})")


def ran_out_of_space(place: Place) -> bool:
    """Whether the server said within the last minute that the disk is full: then it ended, and clients can't know why.

    Its log ahead (WAL) must be written before anything else, so it gives up at once, with every connection.
    """
    try:
        with place.log.open("rb") as log:
            log.seek(max(0, place.log.stat().st_size - LOG_TAIL))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return False
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - RECENT))
    return any(line[: len(since)] >= since and any(text in line for text in NO_SPACE) for line in lines)


def shut_down(place: Place) -> None:
    """Stop the server: politely, then at once, then by force. Returns when it is gone."""
    for sign, patience in ((signal.SIGINT, STOP_TIMEOUT), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        running = find_running(place)
        if running is None:
            return
        process = psutil.Process(running[0])
        try:
            process.send_signal(sign)
            process.wait(patience)
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue


def _spawn(place: Place, binaries: Binaries, owner: Owner, port: int, throwaway: bool) -> "subprocess.Popen[Any]":
    options = {**OPTIONS, "port": str(port), **(FAST_AND_LOSS_TOLERANT if throwaway else {})}
    command = [binaries.program("postgres"), "-D", str(place.data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    with open(place.log, "wb") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True, **_process(owner),
        )  # fmt: skip


def _wait_ready(place: Place, process: "subprocess.Popen[Any]", deadline: float) -> bool:
    while process.poll() is None:
        if _ready(place) and _pid_file(place)[0] == str(process.pid):
            return True
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.01)
    return False


def _process(owner: Owner) -> dict[str, Any]:
    """A clean environment: no PG* variables of the user, no working folder the owner can't enter."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
    return {"cwd": "/", "env": environment, **owner.process_options()}


def _pid_file(place: Place) -> list[str]:
    try:
        return (place.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _ready(place: Place) -> bool:
    lines = _pid_file(place)
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _is_server(pid: int, place: Place) -> bool:
    """Whether this process is the server of this folder; numbers are reused, above all in containers."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return str(place.data) in process.cmdline() and "postgres" in process.name()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def _remove_stale_pid_file(place: Place) -> None:
    # PostgreSQL itself refuses to start when the number in the file belongs to any live process of the same user.
    if find_running(place) is None:
        (place.data / "postmaster.pid").unlink(missing_ok=True)


def _usable_port(place: Place) -> int:
    """The port of last time if it is free, so that URLs stay valid; otherwise any free one."""
    fresh = [random.choice(PORTS) for _ in range(20)]
    for candidate in (int(place.state().get("port", fresh[0])), *fresh, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise EmbeddedError("No free port on 127.0.0.1 for the embedded database.")


def _last_lines(text: str, count: int = 4) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " / ".join(lines[-count:]) or "no message"
