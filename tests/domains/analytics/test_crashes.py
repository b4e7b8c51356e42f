"""What really goes wrong: killed processes, jobs that run twice, partitions that are missing."""

import asyncio
import gzip
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import pyarrow
import pyarrow.parquet
import pytest
import sqlalchemy as sa

from enterprise_app.core import live
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import Unavailable
from enterprise_app.domains.analytics import jobs, service
from enterprise_app.domains.analytics.errors import ImportFileDamaged
from enterprise_app.domains.analytics.service import flushing, telling
from enterprise_app.domains.analytics.service.write_keys import find_key_owner
from enterprise_app.domains.analytics.vocabulary import FileFormat
from tests.conftest import SECRET_KEY
from tests.domains.analytics.logs import random_log
from tests.domains.analytics.test_tracking import new_source

ROOT = Path(__file__).parents[3]
MESSAGE = {"type": "track", "event": "E", "userId": "u"}


def _log(path: Path) -> Path:
    path.write_text("\n".join(random_log(12, 20_000)) + "\n")
    return path


def _csv(path: Path) -> Path:
    rows = (f"2026-03-01 {n % 24:02}:00,u{n % 5_000},E{n % 7},{n % 10_000}\n" for n in range(20_400))
    path.write_text("time,user,event,amount\n" + "".join(rows))
    return path


def _parquet(path: Path) -> Path:
    count = range(20_400)
    columns = {"time": [1_772_359_200 + n for n in count], "user": [f"u{n}" for n in count], "event": ["E"] * 20_400}
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=5_000)
    return path


@pytest.mark.parametrize(("write", "kind"), [(_log, "access-log"), (_csv, "csv"), (_parquet, "parquet")])
async def test_an_import_killed_in_the_middle_is_exact_when_run_again(
    lasting_tenant, committed_db, tmp_path, count, write, kind
):
    path, file_format = write(tmp_path / "big"), FileFormat(kind)
    for lines_before_death in (300, 4_000):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.domains.analytics.importer", committed_db.direct_admin, SECRET_KEY,
            str(lasting_tenant.tenant_id), str(path), kind, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout
        while int((await process.stdout.readline()) or b"0") < lines_before_death:
            assert process.returncode is None
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
    await _until_idle(committed_db)
    assert await count(lasting_tenant, "analytics_events") == 0
    done = await service.import_file(lasting_tenant, path, file_format)
    assert (done.accepted, done.duplicates) == (20_400, 0)
    assert await count(lasting_tenant, "analytics_events") == 20_400


async def _until_idle(urls: DatabaseUrls) -> None:
    """The server notices a dead client when it next reads from it."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND state <> 'idle' AND pid <> pg_backend_pid()"
    async with await psycopg.AsyncConnection.connect(urls.direct_admin, autocommit=True) as connection:
        for _ in range(100):
            if await (await connection.execute(query, [urls.database])).fetchone() == (0,):
                return
            await asyncio.sleep(0.1)
    pytest.fail("the killed importer's transaction is still open")


async def test_missing_partitions_are_made_and_filled(lasting_tenant, committed_db, count):
    source = await new_source(lasting_tenant)
    owner = await find_key_owner(source.write_key)
    assert owner
    await service.take_messages(owner, [MESSAGE])
    month = datetime.now(UTC).date().replace(day=1)
    with psycopg.connect(committed_db.direct_owner, autocommit=True) as connection:
        name = f"analytics_events_{month:%Y_%m}"
        connection.execute(f"ALTER TABLE analytics_events DETACH PARTITION {name}")  # pyright: ignore
        connection.execute(f"INSERT INTO analytics_events SELECT * FROM {name}")  # pyright: ignore
        connection.execute(f"DROP TABLE {name}")  # pyright: ignore
        assert jobs.ensure_partitions(committed_db.direct_owner, month) == [name]
        assert jobs.ensure_partitions(committed_db.direct_owner, month) == []
        assert connection.execute(f"SELECT count(*) FROM {name}").fetchone() == (1,)  # pyright: ignore
        closed = connection.execute(
            "SELECT relrowsecurity, relforcerowsecurity, has_table_privilege('atrium_app', oid, 'select')"
            " FROM pg_class WHERE relname = %s",
            [name],
        ).fetchone()
        assert closed == (True, True, False)
    assert await count(lasting_tenant, "analytics_events") == 1
    assert len(jobs.ensure_partitions(committed_db.direct_owner, date(month.year + 2, 1, 1))) == 4


async def test_messages_that_lose_a_deadlock_are_stored_by_the_next_try(lasting_tenant, count, monkeypatch):
    owner = await find_key_owner((await new_source(lasting_tenant)).write_key)
    assert owner
    keep, tries = flushing.keep, []
    deadlock = sa.text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    async def unlucky(session, *args, **more):
        repeats = await keep(session, *args, **more)
        tries.append(len(repeats))
        if len(tries) % 3:
            await session.execute(deadlock)
        return repeats

    monkeypatch.setattr(flushing, "keep", unlucky)
    assert (await service.take_messages(owner, [MESSAGE])).accepted == 1
    assert tries == [0, 0, 0], "the first two were rolled back"
    assert await count(lasting_tenant, "analytics_events") == 1
    monkeypatch.setattr(flushing, "_TRIES", 2)
    with pytest.raises(Unavailable, match="busy_retry"):
        await service.take_messages(owner, [MESSAGE | {"event": "Other"}])
    assert await count(lasting_tenant, "analytics_events") == 1


async def test_old_ids_of_messages_are_forgotten_but_not_those_of_imports(
    lasting_tenant, committed_db, tmp_path, count
):
    source = await new_source(lasting_tenant)
    owner = await find_key_owner(source.write_key)
    assert owner
    await service.take_messages(owner, [MESSAGE, MESSAGE])
    path = tmp_path / "a.log"
    path.write_text("\n".join(random_log(13, 100)))
    await service.import_file(lasting_tenant, path, FileFormat.ACCESS_LOG)
    with psycopg.connect(committed_db.direct_owner, autocommit=True) as connection:
        connection.execute("UPDATE analytics_seen SET seen_on = seen_on - 36")
    assert await jobs.run_forget_seen(str(lasting_tenant.tenant_id)) == 2
    assert await count(lasting_tenant, "analytics_seen") == 102


async def test_an_uploaded_file_is_imported_once_and_deleted(lasting_tenant, tmp_path, count):
    path = tmp_path / "upload"
    path.write_text("\n".join(random_log(14, 100)))
    waiting = await service.queue_import(lasting_tenant, path, file_format=FileFormat.ACCESS_LOG, file_name="a.log")
    arguments = {"import_id": str(waiting.id), "path": str(path), "file_format": "access-log", "file_name": "a.log"}
    for _ in range(2):  # the job may run again after a crash
        result = await jobs.run_import(str(lasting_tenant.tenant_id), source_name="Import", **arguments)
        assert result == {"state": "finished", "accepted": 102, "rejected": 0, "duplicates": 0}
    assert not path.exists()
    assert await count(lasting_tenant, "analytics_imports") == 1


async def test_an_upload_that_cannot_be_imported_does_not_stay(lasting_tenant, tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(gzip.compress(b"a" * 5000)[:-20])
    waiting = await service.queue_import(lasting_tenant, path, file_format=FileFormat.JSONL, file_name="a.gz")
    arguments = {"import_id": str(waiting.id), "path": str(path), "file_format": "jsonl", "file_name": "a.gz"}
    with pytest.raises(ImportFileDamaged):
        await jobs.run_import(str(lasting_tenant.tenant_id), source_name="Import", **arguments)
    assert not path.exists()


async def test_pages_hear_of_events_often_enough_but_not_of_each(lasting_tenant, committed_db):
    source = await new_source(lasting_tenant)
    owner = await find_key_owner(source.write_key)
    assert owner
    heard: list[str] = []
    async with await psycopg.AsyncConnection.connect(committed_db.direct_app, autocommit=True) as connection:
        await connection.execute(f"LISTEN {live.CHANNEL}")
        for _ in range(20):
            await service.take_messages(owner, [MESSAGE])
        last = datetime.now(UTC)
        async for notice in connection.notifies(timeout=2):
            heard.append(notice.payload)
        assert datetime.now(UTC) - last < timedelta(seconds=4)
    topic = live.topic(lasting_tenant.tenant_id, "analytics")
    assert 2 <= heard.count(topic) <= 2 + 20 * 0.5 / telling.PAUSE
