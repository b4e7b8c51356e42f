"""Importing files: exact, repeatable, and whole or not at all."""

import asyncio
import errno
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg.errors import DiskFull as DatabaseDiskFull
from sqlalchemy.exc import OperationalError

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.analytics import gateway, service
from enterprise_app.domains.analytics.errors import (
    DiskFull,
    ImportBomb,
    ImportBusy,
    ImportCancelled,
    ImportFileDamaged,
    ImportFileMissing,
)
from enterprise_app.domains.analytics.rules.agents import read_agent
from enterprise_app.domains.analytics.schemas import ImportProgress
from enterprise_app.domains.analytics.service import importing
from enterprise_app.domains.analytics.service.rejects import RejectReport
from enterprise_app.domains.analytics.vocabulary import FileFormat, ImportState
from tests.domains.analytics import recount
from tests.domains.analytics.conftest import LOGS
from tests.domains.analytics.logs import line, random_log
from tests.factories import make_context

AT = datetime(2024, 3, 10, 12, tzinfo=UTC)
LOG, JSONL = FileFormat.ACCESS_LOG, FileFormat.JSONL


def log_file(folder: Path, lines: list[str], name: str = "access.log") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


async def latest(ctx: Context):
    async with tenant_session(ctx) as session:
        return (await service.list_imports(session, ctx, service.IMPORTS.parse())).items[0]


async def test_a_second_run_adds_nothing(tenant, tmp_path, count):
    path = log_file(tmp_path, random_log(1, 500))
    first = await service.import_file(tenant, path, LOG)
    assert (first.lines, first.accepted, first.rejected, first.duplicates) == (510, 510, 0, 0)
    assert first.state is ImportState.FINISHED
    again = await service.import_file(tenant, path, LOG)
    assert (again.accepted, again.duplicates) == (0, 510)
    assert await count(tenant, "analytics_events") == 510


async def test_the_same_lines_in_another_file_are_the_same_events(tenant, tmp_path, count):
    lines = random_log(2, 300)
    await service.import_file(tenant, log_file(tmp_path, lines[:200]), LOG)
    other = tmp_path / "other.log.gz"
    other.write_bytes(gzip.compress("\n".join(lines[:300]).encode()))
    done = await service.import_file(tenant, other, LOG)
    assert (done.accepted, done.duplicates) == (100, 200)
    assert await count(tenant, "analytics_events") == 300


async def test_counts_equal_a_recount(tenant, tmp_path):
    lines = random_log(3, 2_000)
    done = await service.import_file(tenant, log_file(tmp_path, lines), LOG, site="acme.example")
    views = recount.views_of_log(lines, lambda agent: "Googlebot" in agent)
    assert done.page_views == len(views)
    async with tenant_session(tenant) as session:
        overview = await service.get_overview(session, tenant, start="2024-03-09", end="2024-03-12", bucket="hour")
    starts = recount.session_starts(views)
    totals = overview.current.totals
    expected = recount.numbers(views, starts, overview.current.start, overview.current.end)
    assert (totals.visitors, totals.page_views, totals.sessions) == expected
    for point in overview.series:
        found = (point.current.visitors, point.current.page_views, point.current.sessions)
        assert found == recount.numbers(views, starts, point.start, point.end)
    top = recount.top_paths(views)
    assert {p.path: p.page_views for p in overview.pages} == dict(top)


@pytest.mark.parametrize(("log", "counts"), LOGS, ids=lambda value: getattr(value, "stem", ""))
async def test_a_log_equals_a_recount(tenant, log, counts):
    lines = log.read_text(errors="replace").splitlines()
    done = await service.import_file(tenant, log, LOG)
    assert (done.accepted, done.rejected, done.site) == counts
    views = recount.views_of_log(lines, lambda agent: read_agent(agent).is_bot)
    async with tenant_session(tenant) as session:
        span = await service.data_range(session, tenant)
        assert span.start
        assert span.end
        overview = await service.get_overview(session, tenant, start=span.start, end=span.end)
    totals = overview.current.totals
    expected = recount.numbers(views, recount.session_starts(views), span.start, span.end)
    assert (totals.visitors, totals.page_views, totals.sessions) == expected


async def test_rejected_lines_are_reported_with_number_and_reason(tenant, tmp_path):
    path = tmp_path / "dirty.log"
    good = line(AT).encode()
    long = b'1.2.3.4 - - [10/Mar/2024:12:00:00 +0000] "GET /' + b"x" * 100_000 + b' HTTP/1.1" 200 1'
    future = line(datetime.now(UTC) + timedelta(days=400)).encode()
    old = line(datetime(1970, 1, 1, tzinfo=UTC)).encode()
    junk = b"\x00\xff\xfe\x80 garbage \x01"
    handshake = line(AT).encode().replace(b"GET / HTTP/1.1", b"\\x16\\x03\\x01")
    path.write_bytes(b"\r\n".join([good, junk, b"", long, future, old, handshake, line(AT, target="/é").encode()]))
    report = tmp_path / "report.jsonl"
    done = await service.import_file(tenant, path, LOG, rejects_path=report)
    assert (done.lines, done.accepted, done.rejected) == (7, 2, 5)
    told = [(r.line, r.code) for r in done.rejects]
    assert told == [
        (2, "log_line_unreadable"),
        (4, "line_too_long"),
        (5, "event_time_out_of_range"),
        (6, "event_time_out_of_range"),
        (7, "log_request_unreadable"),
    ]
    written = [json.loads(text) for text in report.read_text().splitlines()]
    assert [(w["line"], w["code"]) for w in written] == told
    assert not any(w["problem"].startswith("errors.") for w in written)


async def test_binary_garbage_harms_nothing(tenant, tmp_path, count):
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)) * 2_000 + b"\n" + b"\x00" * 300_000)
    for file_format in (LOG, JSONL):
        done = await service.import_file(tenant, path, file_format)
        assert done.accepted == 0
        assert done.rejected == done.lines > 0
    assert await count(tenant, "analytics_events") == 0


async def test_jsonl(tenant, tmp_path, count):
    good = {"type": "track", "event": "Bought", "userId": 7, "timestamp": "2024-03-10T12:00:00Z"}
    lines = [
        json.dumps(good | {"messageId": "m1"}),
        json.dumps(good | {"messageId": "m1"}),
        json.dumps(good),
        json.dumps(good),
        "{",
        '{"type":"track","event":"x","userId":"u","timestamp":"2024-03-10T12:00:00Z","properties":{"a":NaN}}',
        json.dumps(good | {"timestamp": None}),
        "[" * 50_000,
        json.dumps(good | {"properties": {"a": "\x00\ud800"}, "messageId": "m2"}),
    ]
    path = log_file(tmp_path, lines, "events.jsonl")
    done = await service.import_file(tenant, path, JSONL, source_name="Warehouse")
    assert (done.accepted, done.duplicates, done.rejected) == (4, 1, 4)
    codes = [r.code for r in done.rejects]
    assert codes == ["message_json", "event_number_invalid", "event_time_missing", "event_too_deep"]
    again = await service.import_file(tenant, path, JSONL, source_name="Warehouse")
    assert (again.accepted, again.duplicates, again.source_id) == (0, 5, done.source_id)
    assert await count(tenant, "analytics_events") == 4


async def test_cancelling_keeps_nothing(tenant, tmp_path, count, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_LINES", 50)
    path = log_file(tmp_path, random_log(4, 300))
    seen: list[ImportProgress] = []

    def stop_later(progress: ImportProgress) -> None:
        seen.append(progress)
        if len(seen) == 3:
            raise ImportCancelled

    with pytest.raises(ImportCancelled):
        await service.import_file(tenant, path, LOG, on_progress=stop_later, rejects_path=tmp_path / "r")
    assert seen[-1].lines == 150
    assert 0 < seen[-1].done_bytes <= seen[-1].total_bytes
    assert await count(tenant, "analytics_events") == 0
    note = await latest(tenant)
    assert (note.state, note.error, note.accepted) == (ImportState.CANCELLED, "import_cancelled", 0)
    assert (await service.import_file(tenant, path, LOG)).accepted == 306


async def test_a_full_disk_keeps_nothing(tenant, tmp_path, count, monkeypatch):
    path = log_file(tmp_path, ["junk", *random_log(5, 100)])

    def no_space(self: RejectReport, rejected: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RejectReport, "write", no_space)
    with pytest.raises(DiskFull):
        await service.import_file(tenant, path, LOG, rejects_path=tmp_path / "r.jsonl")
    assert [entry for entry in tmp_path.iterdir() if entry.is_file()] == [path]
    assert await count(tenant, "analytics_events") == 0
    assert (await latest(tenant)).error == "disk_full"
    wrapped = OperationalError("INSERT", {}, DatabaseDiskFull("no space"))
    assert isinstance(importing._translated(wrapped), DiskFull)


async def test_missing_and_damaged_files(tenant, tmp_path, count):
    for path in (tmp_path / "none.log", tmp_path):
        with pytest.raises(ImportFileMissing):
            await service.import_file(tenant, path, LOG)
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress("\n".join(random_log(6, 5_000)).encode())[:-2_000])
    with pytest.raises(ImportFileDamaged):
        await service.import_file(tenant, broken, LOG)
    assert await count(tenant, "analytics_events") == 0


@pytest.mark.parametrize("site", [None, "acme.example"])
@pytest.mark.parametrize("content", ["lines", "one endless line"])
async def test_a_gzip_bomb_is_stopped_and_nothing_kept(tenant, tmp_path, count, monkeypatch, site, content):
    """Good lines first, then 20 MB of the same; stopped at the limit, long before its end."""
    monkeypatch.setattr(gateway, "SMALL_UNPACKED", 100_000)
    monkeypatch.setattr(gateway, "MAX_RATIO", 20)
    more = b"x" * 20_000_000 if content == "one endless line" else (line(AT).encode() + b"\n") * 100_000
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress("\n".join(random_log(9, 200)).encode() + b"\n" + more))
    assert len(more) > gateway.MAX_RATIO * bomb.stat().st_size, "it is one"
    with pytest.raises(ImportBomb) as refused:
        await service.import_file(tenant, bomb, LOG, site=site)
    assert refused.value.params["max"] == gateway.MAX_RATIO * bomb.stat().st_size
    assert await count(tenant, "analytics_events") == 0
    note = await latest(tenant)
    assert (note.state, note.error, note.accepted) == (ImportState.FAILED, "import_bomb", 0)


async def test_the_hard_cap_is_for_gzips_only(tenant, tmp_path, monkeypatch):
    monkeypatch.setattr(gateway, "MAX_UNPACKED", 10_000)
    lines = random_log(10, 300)
    plain, packed = log_file(tmp_path, lines), tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(ImportBomb):
        await service.import_file(tenant, packed, LOG)
    assert (await service.import_file(tenant, plain, LOG)).accepted == 306


async def test_only_who_may_import_may(tenant, tmp_path):
    member = make_context(tenant.tenant_id, Role.MEMBER)
    with pytest.raises(Forbidden):
        await service.import_file(member, log_file(tmp_path, []), LOG)


async def test_two_at_once_are_refused(lasting_tenant, tmp_path):
    path = log_file(tmp_path, random_log(7, 3_000))

    async def slow() -> object:
        return await service.import_file(lasting_tenant, path, LOG)

    results = await asyncio.gather(slow(), slow(), return_exceptions=True)
    refused = [r for r in results if isinstance(r, ImportBusy)]
    accepted = sum(r.accepted for r in results if not isinstance(r, BaseException))  # pyright: ignore
    assert len(refused) <= 1
    assert accepted == 3_060


async def test_another_tenant_sees_nothing(tenant, tmp_path, count):
    await service.import_file(tenant, log_file(tmp_path, random_log(8, 50)), LOG)
    assert await count(make_context(), "analytics_events") == 0
