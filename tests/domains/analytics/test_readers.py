"""Files that are read by several processes: the same result, and no process left whatever happens."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from enterprise_app.bench.event_lines import lines
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.errors import ImportCancelled
from enterprise_app.domains.analytics.gateway import LineFile
from enterprise_app.domains.analytics.rules.lines import Occurrences
from enterprise_app.domains.analytics.service import importing
from enterprise_app.domains.analytics.vocabulary import FileFormat
from tests.conftest import SECRET_KEY
from tests.domains.analytics.logs import random_log

ROOT = Path(__file__).parents[3]
JSONL, LOG = FileFormat.JSONL, FileFormat.ACCESS_LOG


@pytest.fixture
def in_processes(monkeypatch) -> None:
    """Small files too, in many pieces."""
    monkeypatch.setattr(importing, "_LARGE", 0)
    monkeypatch.setattr(importing, "BATCH_LINES", 300)


def readers() -> list[psutil.Process]:
    """The reading processes that we have started and that live."""
    children = psutil.Process().children(recursive=True)
    return [p for p in children if p.status() != psutil.STATUS_ZOMBIE and "reader_process" in " ".join(p.cmdline())]


def events_file(folder: Path, count: int = 3_000) -> Path:
    """Events, a part of them twice, some without an id, and lines that are none."""
    made = list(lines(count, seed=8))
    path = folder / "events.jsonl"
    plain = [line.replace('"messageId"', '"was"') for line in made[:50]]
    path.write_text("".join([*made, "{\n", *plain, *plain[:20], "\n", *made[100:300]]))
    return path


@pytest.mark.parametrize("file_format", [JSONL, LOG])
async def test_the_same_as_in_one_process(lasting_tenant, tmp_path, monkeypatch, file_format):
    path = events_file(tmp_path)
    if file_format is LOG:
        path = tmp_path / "access.log"
        path.write_text("\n".join(random_log(31, 3_000)) + "\n")
    monkeypatch.setattr(importing, "BATCH_LINES", 300)
    results = []
    for large in (10**9, 0):
        monkeypatch.setattr(importing, "_LARGE", large)
        done = await service.import_file(lasting_tenant, path, file_format)
        results.append(done)
        assert not readers()
    first, again = results
    assert (first.lines, first.rejected) == (again.lines, again.rejected)
    assert (again.accepted, again.duplicates) == (0, first.accepted + first.duplicates)


async def test_counts_of_a_file_read_in_processes(lasting_tenant, tmp_path, in_processes, count):
    done = await service.import_file(lasting_tenant, events_file(tmp_path), JSONL)
    assert (done.lines, done.rejected, done.accepted) == (3_271, 1, 3_070)
    assert done.duplicates == 200
    assert await count(lasting_tenant, "analytics_events") == 3_070
    assert done.rejects[0].line == 3_001
    async with tenant_session(lasting_tenant) as session:
        views = "SELECT count(*), min(occurred_at), max(occurred_at) FROM analytics_events WHERE type = 'page'"
        assert (await session.execute(sa.text(views))).one()[0] == done.page_views
        times = "SELECT min(occurred_at), max(occurred_at) FROM analytics_events"
        assert tuple((await session.execute(sa.text(times))).one()) == (done.first_at, done.last_at)


async def test_page_views_of_a_file_of_which_a_part_is_known(lasting_tenant, tmp_path, in_processes):
    made = list(lines(1_000, seed=9))
    part, whole = tmp_path / "part.jsonl", tmp_path / "whole.jsonl"
    part.write_text("".join(made[:450]))
    whole.write_text("".join(made))
    first = await service.import_file(lasting_tenant, part, JSONL)
    second = await service.import_file(lasting_tenant, whole, JSONL)
    assert (second.accepted, second.duplicates) == (550, 450)
    assert first.page_views + second.page_views == sum('"type":"page"' in line for line in made)
    assert first.last_at < second.first_at  # pyright: ignore


async def test_a_reader_that_dies_ends_the_import_and_nothing_is_kept(lasting_tenant, tmp_path, in_processes, count):
    def kill(_: object) -> None:
        for process in readers():
            process.kill()

    with pytest.raises(RuntimeError, match="reading process"):
        await service.import_file(lasting_tenant, events_file(tmp_path), JSONL, on_progress=kill)
    assert await count(lasting_tenant, "analytics_events") == 0
    assert not readers()
    assert (await service.import_file(lasting_tenant, events_file(tmp_path), JSONL)).accepted == 3_070


async def test_cancelling_ends_the_readers(lasting_tenant, tmp_path, in_processes):
    def cancel(_: object) -> None:
        assert len(readers()) == min(importing.MAX_READERS, os.cpu_count() or 1)
        raise ImportCancelled

    with pytest.raises(ImportCancelled):
        await service.import_file(lasting_tenant, events_file(tmp_path), JSONL, on_progress=cancel)
    assert not readers()


async def test_readers_end_with_a_killed_import(lasting_tenant, committed_db, tmp_path):
    path = tmp_path / "big.log"
    path.write_text("\n".join(random_log(12, 60_000)) + "\n")
    assert path.stat().st_size > importing._LARGE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.domains.analytics.importer", committed_db.direct_admin, SECRET_KEY,
        str(lasting_tenant.tenant_id), str(path), cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    await process.stdout.readline()
    children = readers()
    assert children
    process.send_signal(signal.SIGKILL)
    await process.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, children, 10)
    assert not alive


@pytest.mark.parametrize("block", [3, 7, 64, 1_000_000])
def test_pieces_have_every_line_once_whatever_the_blocks_are(tmp_path, monkeypatch, block):
    from enterprise_app.domains.analytics import gateway

    monkeypatch.setattr(gateway, "_BLOCK", block)
    path = tmp_path / "lines"
    path.write_bytes(b"\xef\xbb\xbfone\n\ntwo\r\n" + b"x" * 200 + b"\r\nthree\r\n\nfour")
    file = LineFile(path, 100)
    found, long, following = [], [], 1
    while piece := file.read_piece(2, 10_000):
        assert piece.first == following
        assert len(piece.lines) <= 2
        long += [piece.first + index for index in piece.too_long]
        found += [line.rstrip(b"\r") for line in piece.lines]
        following += len(piece.lines)
    file.close()
    assert long == [4]
    assert found.pop(3).startswith(b"x" * 100)
    assert found == [b"one", b"", b"two", b"three", b"", b"four"]
    assert Occurrences().count(found) == {4: 1}
