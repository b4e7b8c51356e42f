"""Who runs here: one `up` per data folder, a free port, and no leftovers of a start that was killed."""

import fcntl
import json
import socket
from pathlib import Path
from typing import IO

import psutil

from .children import end_group
from .terminal import fail, say


class Claim:
    """The right to run the platform on a data folder; held as long as the process lives, kill -9 included."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self._file = data_dir / "up.json"
        self._lock: IO[str] = open(data_dir / "up.lock", "a")  # noqa: SIM115 - held open on purpose
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            fail(
                f"Atrium already runs on {data_dir}{self._whereabouts()}.", "Stop it first, or use another --data-dir."
            )
        self._end_leftovers()

    def record(self, port: int, pids: list[int]) -> None:
        """Remember what runs, for the next start should this one be killed."""
        groups = {str(pid): psutil.Process(pid).create_time() for pid in pids if psutil.pid_exists(pid)}
        fresh = self._file.with_suffix(".new")
        try:
            fresh.write_text(json.dumps({"pid": psutil.Process().pid, "port": port, "groups": groups}))
            fresh.replace(self._file)
        except OSError as error:  # a full disk is no reason to stop; the old note stays, and names nobody wrongly
            say(f"{self._file} could not be written: {error.strerror}")

    def release(self) -> None:
        """Everything ended properly."""
        self._file.unlink(missing_ok=True)
        self._lock.close()

    def _read(self) -> dict:
        try:
            return json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}

    def _whereabouts(self) -> str:
        known = self._read()
        return f" (process {known['pid']}, port {known['port']})" if known else ""

    def _end_leftovers(self) -> None:
        for pid, created in self._read().get("groups", {}).items():
            try:
                same = abs(psutil.Process(int(pid)).create_time() - created) < 1
            except psutil.NoSuchProcess:
                continue
            if same:
                end_group(int(pid))
                psutil.wait_procs([psutil.Process(int(pid))] if psutil.pid_exists(int(pid)) else [], timeout=5)


def require_free_port(host: str, port: int) -> None:
    """Fail with the process that holds the port and with the way out."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            fail(f"Port {port} needs more rights than this user has.", "Choose a port above 1023 with --port.")
        except OSError as error:
            if error.errno in (98, 48):
                fail(
                    f"Port {port} is in use{_holder(port)}.",
                    f"Choose another one: ./atrium up --port {free_port_after(port)}",
                )
            fail(
                f"The address {host} can't be used: {error.strerror}.", "Set ATRIUM_HOST to an address of this machine."
            )


def free_port_after(port: int) -> int:
    """The next port that nobody listens on."""
    for candidate in range(port + 1, min(port + 200, 65535)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", candidate)) != 0:
                return candidate
    return port + 1


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("inet"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr[1] == port
                and connection.pid
            ):
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass
    return ""
