"""Importing a million events, against the fastest way that PostgreSQL has: COPY of ready lines into a bare table."""

import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psutil
import psycopg

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.api import _prepare, throwaway_database
from enterprise_app.bench.event_lines import lines
from enterprise_app.core import db
from enterprise_app.core.context import job_context
from enterprise_app.core.db_urls import DatabaseUrls

EVENTS = 1_000_000
ROUNDS = 3
BAR, AIM = 0.12, 0.25
LEAST = 35_000
MOST_GROWTH = 64 * 1024**2
_BLOCK = 262_144
_COPY = "COPY bare FROM STDIN (FORMAT text, NULL '')"
_EMPTY = "TRUNCATE analytics_events, analytics_seen, analytics_dirty"


@dataclass(frozen=True)
class Run:
    """One import: events a second, and by how many bytes the processes grew after a quarter of it."""

    rate: float
    growth: int


@benchmark("event-import")
def event_import() -> list[Row]:
    """1M events of 300 bytes from JSONL, all that belongs to it, against COPY of the same rows into a bare table."""
    with throwaway_database() as (urls, _), tempfile.TemporaryDirectory(prefix="atrium-bench-") as folder:
        tenant, _ = asyncio.run(_prepare(urls))
        source, ready = Path(folder) / "events.jsonl", Path(folder) / "ready"
        with source.open("w") as file:
            file.writelines(lines(EVENTS))
        _make_ready(source, ready, UUID(tenant))
        runs = [(_copy(urls, ready), _import(urls, UUID(tenant), source)) for _ in range(ROUNDS)]
    return _rows(runs)


def _rows(runs: list[tuple[float, Run]]) -> list[Row]:
    ratio = statistics.median(run.rate / copy for copy, run in runs)
    rate, copy = (statistics.median(values) for values in ([run.rate for _, run in runs], [c for c, _ in runs]))
    growth = max(run.growth for _, run in runs)
    what = f"Import of {EVENTS:,} events from JSONL"
    measured = f"{rate:,.0f}/s = {ratio:.1%} (median of {ROUNDS})"
    aim = f"≥ {BAR:.0%} of COPY's {copy:,.0f}/s into a bare table (aim: {AIM:.0%}), ≥ {LEAST:,}/s"
    return [
        Row(what, measured, aim, ratio, ratio >= BAR and rate >= LEAST),
        Row(
            "Memory of the import, from a quarter of it to its end",
            f"{growth / 1024**2:+.0f} MiB",
            f"≤ {MOST_GROWTH // 1024**2} MiB more",
            growth / MOST_GROWTH,
            growth <= MOST_GROWTH,
        ),
    ]


def _make_ready(source: Path, target: Path, tenant: UUID) -> None:
    """The rows of the same events as lines of COPY: what the bare table gets without any work."""
    from enterprise_app.core.clock import now
    from enterprise_app.domains.analytics.gateway import LineFile
    from enterprise_app.domains.analytics.rules.lines import MAX_LINE, LineReader
    from enterprise_app.domains.analytics.rules.messages import Reading
    from enterprise_app.domains.analytics.rules.pieces import read_piece
    from enterprise_app.domains.analytics.vocabulary import FileFormat

    reader = LineReader(FileFormat.JSONL, Reading(tenant, b"s" * 32, now(), imported=True))
    file = LineFile(source, MAX_LINE[FileFormat.JSONL])
    with target.open("wb") as ready:
        while piece := file.read_piece(20_000, 8_000_000):
            ready.write(read_piece(piece, reader).rows)
    file.close()


def _copy(urls: DatabaseUrls, ready: Path) -> float:
    """Rows a second into a table with the same columns and nothing else."""
    from enterprise_app.domains.analytics.queries.storing import COLUMN_TYPES

    with psycopg.connect(urls.direct_admin, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(f"CREATE TABLE bare ({COLUMN_TYPES})".encode())
        connection.execute("CHECKPOINT")
        start = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy, ready.open("rb") as file:
            while block := file.read(_BLOCK):
                copy.write(block)
        seconds = time.perf_counter() - start
        assert connection.execute("SELECT count(*) FROM bare").fetchone() == (EVENTS,)
        connection.execute("DROP TABLE bare")
    return EVENTS / seconds


def _import(urls: DatabaseUrls, tenant: UUID, source: Path) -> Run:
    with psycopg.connect(urls.direct_admin, autocommit=True) as connection:
        connection.execute(_EMPTY)
        connection.execute("CHECKPOINT")
    sizes: list[int] = []
    start = time.perf_counter()
    asyncio.run(_import_file(urls, tenant, source, sizes))
    seconds = time.perf_counter() - start
    quarter = sizes[len(sizes) // 4]
    return Run(EVENTS / seconds, max(sizes[len(sizes) // 4 :]) - quarter)


async def _import_file(urls: DatabaseUrls, tenant: UUID, source: Path, sizes: list[int]) -> None:
    """As `atrium import` does it; the size of all processes is taken with every report of progress."""
    from enterprise_app.domains.analytics import service
    from enterprise_app.domains.analytics.vocabulary import FileFormat

    process = psutil.Process()

    def measure(_: object) -> None:
        everyone = (process, *process.children(recursive=True))
        sizes.append(sum(one.memory_info().rss for one in everyone if one.is_running() and not _serves(one)))

    db.configure(urls)
    try:
        done = await service.import_file(job_context(tenant, "bench"), source, FileFormat.JSONL, on_progress=measure)
    finally:
        await db.dispose()
    assert done.accepted == EVENTS, done


def _serves(process: psutil.Process) -> bool:
    """Whether it is the database's: that one is ours to start, but not to measure."""
    return process.name().startswith("postgres")
