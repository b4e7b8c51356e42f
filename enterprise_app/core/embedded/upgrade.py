"""Move a cluster to another major version: dump with the new programs, restore into a fresh cluster, keep the old."""

import os
import subprocess
import time
from pathlib import Path
from typing import IO

from . import cluster
from .binaries import Binaries, choose, executable_by
from .errors import EmbeddedError
from .owner import Owner
from .place import Place


def change_major(place: Place, owner: Owner, target: Binaries) -> None:
    """Dump and restore. On any failure the old data stay what they were; afterwards they remain as `data-<major>-…`."""
    current = place.major()
    if target.major < current:
        raise EmbeddedError(
            f"The data were written by PostgreSQL {current}; PG_VERSION={target.major} is older and can't read them. "
            f"Unset PG_VERSION or set it to {current} or newer."
        )
    dump = _dump(place, owner, executable_by(choose(current), owner), target)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    old = place.base / f"data-{current}-{stamp}"
    place.data.rename(old)
    try:
        _restore(place, owner, target, dump)
    except BaseException:
        cluster.shut_down(place)
        if place.data.exists():
            place.data.rename(place.base / f"data-{target.major}-failed-{stamp}")
        old.rename(place.data)
        raise


def _dump(place: Place, owner: Owner, source: Binaries, target: Binaries) -> Path:
    backups = place.base / "backups"
    backups.mkdir(mode=0o700, exist_ok=True)
    dump = backups / f"all-pg{source.major}-{time.strftime('%Y%m%d-%H%M%S')}.sql"
    _, port = cluster.launch(place, source, owner)
    try:
        with os.fdopen(os.open(dump, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            _run([target.program("pg_dumpall"), "-d", place.admin_url(port)], out, place)
    except BaseException:
        dump.unlink(missing_ok=True)
        raise
    finally:
        cluster.shut_down(place)
    return dump


def _restore(place: Place, owner: Owner, target: Binaries, dump: Path) -> None:
    cluster.create(place, target, owner)
    _, port = cluster.launch(place, target, owner)
    # The fresh cluster already has the superuser: its CREATE ROLE is the one statement that may fail.
    statements = dump.with_suffix(".restore")
    try:
        _without_superuser(dump, statements)
        command = [target.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(statements)]
        _run([*command, "-d", place.admin_url(port)], subprocess.DEVNULL, place)
    finally:
        statements.unlink(missing_ok=True)
        cluster.shut_down(place)


def _without_superuser(dump: Path, statements: Path) -> None:
    descriptor = os.open(statements, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with dump.open("rb") as source, os.fdopen(descriptor, "wb") as out:
        for line in source:
            if line.rstrip() != b"CREATE ROLE postgres;":
                out.write(line)


def _run(command: list[str], out: "int | IO[bytes]", place: Place) -> None:
    # pg_dumpall doesn't hand the URL's password on to the pg_dump of each database.
    environment = {**os.environ, "PGPASSWORD": place.password()}
    done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, cwd="/", env=environment)
    if done.returncode != 0:
        raise EmbeddedError(f"The change of PostgreSQL's version failed: {done.stderr.decode(errors='replace')[-600:]}")
