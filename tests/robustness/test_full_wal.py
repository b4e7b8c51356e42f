"""The database's own disk runs full in the middle of an import: the server falls, and comes back when there is room.

PostgreSQL can't write its log ahead (WAL) and ends at once, with every connection. Two ways to get there: as root the
log lies on a small tmpfs beside a file that takes the rest; everywhere the server's files may not grow (RLIMIT_FSIZE).
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import LiteralString, Protocol

import psutil
import psycopg
import pytest

from enterprise_app.core import embedded
from enterprise_app.core.database import EMBEDDED_DATABASE
from enterprise_app.core.embedded.owner import HOME, owner_for
from enterprise_app.core.embedded.place import find_place, remove_place
from tests.e2e.platform import Platform, start_platform
from tests.platform.test_up import database_pid, kill, ready, register, until
from tests.robustness.test_full_disk import LINES, write_log

ROOT = os.geteuid() == 0
SIZE, LEFT = 200 << 20, 3 << 20
SMALL = 8 << 20


class Disk(Protocol):
    """What the server's log is written to."""

    def fill(self) -> None: ...
    def free(self) -> None: ...


class Ballast:
    """A tmpfs with a file that takes all but a little of it; less than one segment of the log (16 MiB)."""

    def __init__(self, place: Path) -> None:
        self._file = place / "ballast"

    def fill(self) -> None:
        """No room for another segment."""
        space = os.statvfs(self._file.parent)
        with self._file.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize - LEFT)

    def free(self) -> None:
        """As an administrator does."""
        self._file.unlink()


class Limit:
    """Nothing that `up` starts may write beyond so many bytes of a file: that far a server gets in a new segment."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def fill(self) -> None:
        """The server is started again, with the limit, at the beginning of a segment."""
        self._limit(SMALL)
        _sql(self._platform, "SELECT pg_switch_wal()")
        kill(self._platform, database_pid(self._platform))

    def free(self) -> None:
        """The next server that `up` starts has none."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        assert self._platform.process
        process = psutil.Process(self._platform.process.pid)
        hard = process.rlimit(psutil.RLIMIT_FSIZE)[1]
        process.rlimit(psutil.RLIMIT_FSIZE, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))


@contextmanager
def log_on_a_small_disk(data_dir: Path) -> Iterator[Path]:
    """A fresh cluster whose log lies on a tmpfs of its own."""
    server = embedded.start(data_dir / "pg")
    server.stop()
    place, log = HOME / f"wal-{os.getpid()}", server.place.data / "pg_wal"
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "tmpfs", str(place)], check=True)
    try:
        shutil.copytree(log, place / "wal")
        for path in (place / "wal", *(place / "wal").rglob("*")):
            owner_for(server.place.data).take(path)
        (place / "wal").chmod(0o700)
        shutil.rmtree(log)
        log.symlink_to(place / "wal")
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[Platform, list[Disk]]]:
    """A running platform with a tenant, and the ways to fill its disk."""
    data = tmp_path / "data"
    data.mkdir()
    with ExitStack() as stack:
        stack.callback(lambda: remove_place(data / "pg"))
        disks: list[Disk] = [Ballast(stack.enter_context(log_on_a_small_disk(data)))] if ROOT else []
        platform = start_platform(data, "--dev")
        stack.callback(platform.stop)
        register(platform)
        yield platform, [*disks, Limit(platform)]


def test_a_full_log_disk_is_survived(world: tuple[Platform, list[Disk]], tmp_path: Path) -> None:
    platform, disks = world
    file = write_log(tmp_path)
    for disk in disks:
        disk.fill()
        _is_refused(platform, file)
        assert platform.process
        assert platform.process.poll() is None, platform.output()
        disk.free()
        _comes_back(platform)
        assert _count(platform) == 0
    done = _import(platform, file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _count(platform) == LINES
    assert "0 added" in _import(platform, file).stdout
    assert _count(platform) == LINES


def _is_refused(platform: Platform, file: Path) -> None:
    """The import names the full disk. Unless the platform's own work has met it first: then the server is gone, and
    that is what is said."""
    failed = _import(platform, file)
    told = failed.stdout + failed.stderr
    assert failed.returncode == 1, told
    assert "Traceback" not in told, told
    named = "no space left" in told and "Free some space" in told
    assert named or "The database does not answer" in told, told


def _comes_back(platform: Platform) -> None:
    """Whatever kept it away is told: that it took longer says nothing."""
    try:
        until(lambda: ready(platform), 120)
    except AssertionError as error:
        log = find_place(platform.data_dir / "pg").log.read_text(errors="replace")
        raise AssertionError(f"{platform.output()[-6000:]}\n{log[-4000:]}") from error


def _import(platform: Platform, file: Path) -> "subprocess.CompletedProcess[str]":
    rejects = str(file.with_name("rejected.jsonl"))
    options = ("--format", "access-log", "--tenant", "acme", "--site", "acme.example", "--rejects", rejects)
    return platform.run("import", str(file), *options)


def _count(platform: Platform) -> int:
    return _sql(platform, "SELECT count(*) FROM analytics_events")


def _sql(platform: Platform, query: LiteralString) -> int:
    """The first value, as the administrator."""
    place = find_place(platform.data_dir / "pg")
    url = place.admin_url(int(place.state()["port"])).rpartition("/")[0]
    with psycopg.connect(f"{url}/{EMBEDDED_DATABASE}") as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]
