"""A full disk while importing: a clear error, nothing half-done, and the same command works once there is room.

Everywhere the importer's own files may not grow (RLIMIT_FSIZE), which is what a quota does: the report of rejected
lines is what cannot be written. As root, who may mount, the events also lie on a small tmpfs: the database is full.
"""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from enterprise_app.bench.api import _prepare
from enterprise_app.core.embedded.owner import HOME, owner_for
from tests.robustness.conftest import World, database

LINES = 20_000
ROOT = os.geteuid() == 0
SLUG = "bench-corp"


@pytest.fixture
def small(tmp_path: Path, limited: bool) -> Iterator[World]:
    """A platform whose events lie in a table space that is too small; `grow` makes room."""
    with database(tmp_path) as world:
        asyncio.run(_prepare(world.urls))
        if limited:
            yield world
            return
        place = HOME / f"small-{os.getpid()}"
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(place)], check=True)
        try:
            owner_for(world.server.place.data).take(place)
            world.sql(f"CREATE TABLESPACE small LOCATION '{place}'")
            world.sql("GRANT CREATE ON TABLESPACE small TO PUBLIC")
            for (table,) in world.sql("SELECT relid::regclass::text FROM pg_partition_tree('analytics_events')"):
                world.sql(f"ALTER TABLE {table} SET TABLESPACE small")
            yield world
        finally:
            world.server.stop()
            subprocess.run(["umount", str(place)], check=True)
            place.rmdir()


def write_log(folder: Path) -> Path:
    """An access log with 20,000 visits, and lines that nobody can read."""
    file = folder / "access.log"
    with file.open("w") as out:
        for number in range(LINES):
            moment = f"{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
            agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
            out.write(
                f"203.0.113.{number % 250} - - [{1 + number % 28:02}/Mar/2026:{moment} +0000] "
                f'"GET /page/{number} HTTP/1.1" 200 512 "https://example.com/{number}" "{agent}"\n'
            )
            if number % 4 == 0:
                out.write(f"nobody can read line {number} {'x' * 150}\n")
    return file


def _import(world: World, file: Path, limited: bool) -> "subprocess.CompletedProcess[str]":
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    options = ["--format", "access-log", "--tenant", SLUG, "--site", "acme.example"]
    return subprocess.run(
        [sys.executable, "-m", "enterprise_app.cli", "import", str(file), *options], cwd=world.folder, text=True,
        env=world.settings() | {"NO_COLOR": "1", "COLUMNS": "200"}, capture_output=True, timeout=120,
        preexec_fn=limit if limited else None,
    )  # fmt: skip


def _make_room() -> None:
    place = HOME / f"small-{os.getpid()}"
    subprocess.run(["mount", "-o", "remount,size=600m", str(place)], check=True)


@pytest.mark.parametrize(
    "limited", [True, *([False] if ROOT else [])], ids=lambda limited: "limit" if limited else "disk"
)
def test_a_full_disk_leaves_nothing_half_done(small: World, limited: bool) -> None:
    file = write_log(small.folder)
    failed = _import(small, file, limited)
    told = failed.stdout + failed.stderr
    assert failed.returncode == 1, told
    assert "Traceback" not in told
    assert "no space left" in told, told
    assert "Free some space" in told, told
    assert small.sql("SELECT count(*) FROM analytics_events") == [(0,)]
    assert not list(small.folder.glob("*rejected*")), "a half report was left"
    if not limited:
        _make_room()
    again = _import(small, file, limited=False)
    assert again.returncode == 0, again.stdout + again.stderr
    assert small.sql("SELECT count(*) FROM analytics_events") == [(LINES,)]
