"""From an uploaded file to its events over HTTP: preview, plan, start, cancel, again, rejects; what is refused."""

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from enterprise_app.core import storage
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.analytics import jobs, service
from enterprise_app.domains.analytics.api import imports as imports_api
from enterprise_app.domains.analytics.api import uploads as receiving
from enterprise_app.domains.analytics.errors import ImportFileDamaged
from enterprise_app.domains.analytics.schemas import ImportStatus
from enterprise_app.domains.analytics.service import importing, uploads
from enterprise_app.domains.analytics.vocabulary import ImportState
from enterprise_app.domains.metering import service as metering
from tests.domains.analytics.http import client_of
from tests.factories import make_context

CSV = (
    "Wann;Kunde;Ereignis;Betrag;Notiz\n"
    "01.03.2026 09:30;c-1;Order Completed;1.019,90;gut\n"
    "gestern;c-2;Order Completed;5,00;\n"
    "31.03.2026 10:00;;Order Completed;5,00;\n"
)
MAPPING = {
    "columns": {"Wann": "timestamp", "Kunde": "userId", "Ereignis": "event", "Betrag": "revenue"},
    "time_format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin", "decimal": ",",
}  # fmt: skip
AT = "/api/v1/analytics"


@pytest.fixture(autouse=True)
def store_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.configure(storage.LocalStorage(tmp_path / "files"))
    own = get_settings().model_copy(update={"data_dir": tmp_path / "data"})
    for module in (uploads, receiving):
        monkeypatch.setattr(module, "get_settings", lambda: own)


async def uploaded(client, content: str | bytes = CSV, name: str = "orders.csv") -> str:
    body = content.encode() if isinstance(content, str) else content
    answer = await client.post(f"{AT}/uploads", params={"name": name}, content=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def work(ctx: Context, import_id: str) -> ImportStatus:
    """What the worker does with the job that waits for this import."""
    async with tenant_session(ctx) as session:
        query = "SELECT arguments FROM job_runs WHERE name = 'analytics.import' AND key = :key"
        arguments = (await session.execute(sa.text(query), {"key": import_id})).scalar_one()
    await jobs.run_import(str(ctx.tenant_id), **arguments)
    async with tenant_session(ctx) as session:
        return await service.get_import(session, ctx, import_id)  # pyright: ignore[reportArgumentType]


def waiting_files(ctx: Context) -> list[Path]:
    folder = uploads.upload_folder(ctx.tenant_id)
    return sorted(folder.iterdir()) if folder.exists() else []


async def test_from_the_file_to_its_events_and_its_rejected_lines(lasting_tenant, count):
    async with client_of(lasting_tenant) as client:
        upload = await uploaded(client)
        guessed = (await client.post(f"{AT}/uploads/{upload}/preview", json={})).json()
        assert (guessed["format"], guessed["table"]["delimiter"]) == ("csv", ";")
        assert [(c["name"], c["target"]) for c in guessed["columns"]][1:4:2] == [
            ("Kunde", "userId"), ("Betrag", "revenue"),
        ]  # fmt: skip
        assert guessed["mapping"]["decimal"] == ","
        assert [p["code"] for p in guessed["problems"]] == ["mapping_time_missing"]
        refused = await client.post(f"{AT}/uploads/{upload}/import", json={})
        assert refused.status_code == 422
        assert [e["code"] for e in refused.json()["errors"]] == ["mapping_time_missing"]

        plan = {"mapping": MAPPING, "source": "Shop"}
        seen = (await client.post(f"{AT}/uploads/{upload}/preview", json=plan)).json()
        assert seen["problems"] == []
        assert [(row["line"], row["field"]) for row in seen["rows"]] == [(2, None), (3, "Wann"), (4, "Kunde")]
        event = seen["rows"][0]["event"]
        assert (event["occurred_at"], event["revenue"]) == ("2026-03-01T08:30:00Z", "1019.9000")
        begun = await client.post(f"{AT}/uploads/{upload}/import", json=plan)
        assert (begun.status_code, begun.json()["state"]) == (202, "queued")
        done = await work(lasting_tenant, begun.json()["id"])
        assert (done.state, done.accepted, done.rejected, done.source_name) == (ImportState.FINISHED, 1, 2, "Shop")

        lines = await client.get(f"{AT}/imports/{done.id}/rejects")
        assert "orders.csv.rejected.jsonl" in lines.headers["content-disposition"]
        told = [json.loads(line) for line in lines.text.splitlines()]
        assert [(line["line"], line["field"]) for line in told] == [(3, "Wann"), (4, "Kunde")]
        assert waiting_files(lasting_tenant) == []
        assert (await client.get(f"{AT}/uploads/{upload}")).json()["code"] == "upload_missing"
        assert (await client.post(f"{AT}/imports/{done.id}/again")).json()["code"] == "upload_missing"
        assert (await client.post(f"{AT}/imports/{done.id}/cancel")).json()["code"] == "import_over"
    assert await count(lasting_tenant, "analytics_events") == 1
    assert (await work(lasting_tenant, str(done.id))).accepted == 1, "a job that runs again changes nothing"


async def test_a_waiting_import_is_cancelled_at_once_and_run_again(lasting_tenant, count):
    async with client_of(lasting_tenant) as client:
        upload = await uploaded(client)
        begun = (await client.post(f"{AT}/uploads/{upload}/import", json={"mapping": MAPPING})).json()
        assert (await client.post(f"{AT}/imports/{begun['id']}/again")).json()["code"] == "import_running"
        assert (await client.delete(f"{AT}/uploads/{upload}")).json()["code"] == "import_running"
        stopped = (await client.post(f"{AT}/imports/{begun['id']}/cancel")).json()
        assert stopped["state"] == "cancelled"
        async with tenant_session(lasting_tenant) as session:
            noted = await session.execute(
                sa.text("SELECT verb, target_name, after FROM audit_log WHERE verb LIKE 'import.%' ORDER BY seq DESC")
            )
            newest = tuple(noted.first() or ())
        assert newest == ("import.cancelled", "orders.csv", {"state": "cancelled", "lines": 0})
        assert (await work(lasting_tenant, begun["id"])).state is ImportState.CANCELLED
        assert await count(lasting_tenant, "analytics_events") == 0
        again = (await client.post(f"{AT}/imports/{begun['id']}/again")).json()
        assert (again["plan"]["mapping"]["zone"], again["state"]) == ("Europe/Berlin", "queued")
        assert (await work(lasting_tenant, again["id"])).accepted == 1


async def test_a_running_import_stops_when_asked_and_keeps_nothing(lasting_tenant, count, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_LINES", 100)
    monkeypatch.setattr(importing, "_SAVE_EVERY", 0)
    rows = "".join(f"2026-03-01,u{n},E\n" for n in range(2_000))
    saved, save = [], importing.imports.save_progress

    async def ask_meanwhile(ctx, import_id, progress):
        saved.append(progress.lines)
        if len(saved) == 3:
            async with tenant_session(ctx) as session:
                asked = await service.cancel_import(session, ctx, import_id)
            assert (asked.state, asked.cancel_asked_at is not None) == (ImportState.RUNNING, True)
        await save(ctx, import_id, progress)

    monkeypatch.setattr(importing.imports, "save_progress", ask_meanwhile)
    async with client_of(lasting_tenant) as client:
        upload = await uploaded(client, "time,user,event\n" + rows)
        begun = (await client.post(f"{AT}/uploads/{upload}/import", json={})).json()
        stopped = await work(lasting_tenant, begun["id"])
        assert (stopped.state, stopped.error, stopped.accepted) == (ImportState.CANCELLED, "import_cancelled", 0)
        assert len(saved) == 3
        assert await count(lasting_tenant, "analytics_events") == 0
        assert [file.name for file in waiting_files(lasting_tenant)] == [upload], "it can be tried again"
        again = (await client.post(f"{AT}/imports/{begun['id']}/again")).json()
        assert (await work(lasting_tenant, again["id"])).accepted == 2_000


async def test_a_failed_import_keeps_its_file_and_says_why(lasting_tenant, monkeypatch):
    async with client_of(lasting_tenant) as client:
        upload = await uploaded(client, "time,user,event\n2026-03-01,u,E\n")
        begun = (await client.post(f"{AT}/uploads/{upload}/import", json={})).json()
        (file,) = waiting_files(lasting_tenant)
        good = file.read_bytes()
        file.write_bytes(b"\x1f\x8b broken")
        with pytest.raises(ImportFileDamaged):
            await work(lasting_tenant, begun["id"])
        failed = (await client.get(f"{AT}/imports/{begun['id']}")).json()
        assert (failed["state"], failed["error"]) == ("failed", "import_file_damaged")
        file.write_bytes(good)
        again = (await client.post(f"{AT}/imports/{begun['id']}/again")).json()
        assert (await work(lasting_tenant, again["id"])).accepted == 1


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        ('{"type":"track","event":"E","userId":"u","timestamp":"2026-03-01"}\n{"type":"nope"}\n', "x", "jsonl"),
        ('1.2.3.4 - - [10/Mar/2024:12:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "M"\njunk\n', "x", "access-log"),
        ("time\tuser\tevent\n2026-03-01\tu\tE\nsoon\tu\tE\n", "x.tsv", "tsv"),
    ],
)
async def test_previews_of_other_formats(lasting_tenant, content, name, found):
    async with client_of(lasting_tenant) as client:
        upload = await uploaded(client, content, name)
        seen = (await client.post(f"{AT}/uploads/{upload}/preview", json={})).json()
        assert (seen["format"], seen["problems"]) == (found, [])
        assert [row["event"] is not None for row in seen["rows"]] == [True, False]
        assert seen["rows"][1]["problem"]
        wrong = (await client.post(f"{AT}/uploads/{upload}/preview", json={"format": "parquet"})).json()
        assert [p["code"] for p in wrong["problems"]] == ["format_wrong"]


async def test_uploads_under_an_id_of_ones_own_and_their_bounds(lasting_tenant, monkeypatch):
    chosen = new_id()
    async with client_of(lasting_tenant) as client:
        first = await client.post(f"{AT}/uploads/{chosen}", params={"name": "a.csv"}, content=CSV)
        assert (first.status_code, first.json()["id"]) == (201, str(chosen))
        twice = await client.post(f"{AT}/uploads/{chosen}", content=CSV)
        assert (twice.status_code, twice.json()["code"]) == (409, "upload_exists")
        empty = await client.post(f"{AT}/uploads", content=b"")
        assert empty.status_code == 422
        damaged = await client.post(f"{AT}/uploads", content=b"PAR1 nothing of the kind")
        assert (damaged.status_code, damaged.json()["code"]) == (422, "import_file_damaged")
        monkeypatch.setattr(uploads, "MOST_WAITING", 1)
        many = await client.post(f"{AT}/uploads", content=CSV)
        assert (many.status_code, many.json()["code"]) == (409, "too_many_uploads")
        assert (await client.delete(f"{AT}/uploads/{chosen}")).status_code == 204
        assert (await client.delete(f"{AT}/uploads/{chosen}")).status_code == 404
    folder = uploads.get_settings().data_dir / "imports"
    assert [path for path in folder.rglob("*") if path.is_file()] == [], "what is refused leaves nothing"


async def test_other_tenants_and_members_have_no_part_in_it(lasting_tenant):
    async with client_of(lasting_tenant) as client:
        upload = await uploaded(client)
    async with client_of(make_context()) as stranger:
        assert (await stranger.get(f"{AT}/uploads/{upload}")).status_code == 404
        assert (await stranger.post(f"{AT}/uploads/{upload}/import", json={})).status_code == 404
    async with client_of(make_context(lasting_tenant.tenant_id, Role.MEMBER)) as member:
        assert (await member.get(f"{AT}/uploads/{upload}")).status_code == 403


async def test_what_nobody_imports_is_tidied_away(lasting_tenant):
    async with client_of(lasting_tenant) as client:
        old, young = await uploaded(client), await uploaded(client)
        done = await client.post(f"{AT}/uploads/{young}/import", json={"mapping": MAPPING})
        imported = await work(lasting_tenant, done.json()["id"])
        fresh = await uploaded(client)
    long_ago = (now() - timedelta(days=91)).timestamp()
    lost = uploads.upload_folder(lasting_tenant.tenant_id) / str(new_id())
    lost.write_bytes(b"of a process that was killed")
    for path in (lost, uploads.upload_folder(lasting_tenant.tenant_id) / old):
        os.utime(path, (long_ago, long_ago))
    (report,) = (uploads.get_settings().data_dir.parent / "files").rglob("*.jsonl")
    os.utime(report, (long_ago, long_ago))
    async with tenant_session(lasting_tenant) as session:
        earlier = "created_at = created_at - interval '91 days'"
        await session.execute(sa.text(f"UPDATE analytics_uploads SET {earlier} WHERE id = :id"), {"id": old})
        await session.execute(sa.text(f"UPDATE analytics_imports SET {earlier}"))
    gone = await jobs.run_tidy_imports(str(lasting_tenant.tenant_id))
    assert gone == {"uploads": 1, "files": 2, "reports": 1}
    assert [path.name for path in waiting_files(lasting_tenant)] == [fresh]
    async with client_of(lasting_tenant) as client:
        assert (await client.get(f"{AT}/imports/{imported.id}/rejects")).status_code == 404
        assert imported.rejects
        assert (await client.get(f"{AT}/imports/{imported.id}")).json()["rejects"] == [], "the shown lines go, too"
    assert await storage_used(lasting_tenant) == len(CSV.encode()), "the one that waits"


async def storage_used(ctx: Context) -> int:
    async with tenant_session(ctx) as session:
        drift = {one.resource: one for one in await metering.recount(session, ctx)}[Limit.STORAGE_BYTES]
    assert drift.counted == drift.recounted
    return drift.counted


async def test_files_that_wait_take_storage_until_they_go(lasting_tenant):
    size = len(CSV.encode())
    granted = Entitlements(limits={Limit.STORAGE_BYTES: 2 * size + 10, Limit.EVENTS: -1})
    ctx = lasting_tenant.with_entitlements(granted)
    async with client_of(ctx) as client:
        first, second = await uploaded(client), await uploaded(client)
        assert await storage_used(ctx) == 2 * size
        over = await client.post(f"{AT}/uploads", content=CSV.encode())
        told = over.json()
        assert (over.status_code, told["code"], told["limit"]) == (402, "usage_exceeded", "storage_bytes")
        assert len(waiting_files(ctx)) == 2
        assert (await client.delete(f"{AT}/uploads/{first}")).status_code == 204
        assert await storage_used(ctx) == size
        done = await client.post(f"{AT}/uploads/{second}/import", json={"mapping": MAPPING})
        assert (await work(ctx, done.json()["id"])).state is ImportState.FINISHED
        assert await storage_used(ctx) == 0
        for bad in (b"PAR1 nothing of the kind", b""):
            assert (await client.post(f"{AT}/uploads", content=bad)).status_code == 422
        assert await storage_used(ctx) == 0, "what is refused takes nothing"


async def test_a_file_beyond_the_storage_is_refused_before_it_is_read(lasting_tenant, monkeypatch):
    granted = Entitlements(limits={Limit.STORAGE_BYTES: 10})
    received = []

    async def receive(stream):
        received.append(stream)
        raise AssertionError("read")

    monkeypatch.setattr(imports_api, "receive_file", receive)
    async with client_of(lasting_tenant.with_entitlements(granted)) as client:
        assert (await client.post(f"{AT}/uploads", content=CSV.encode())).status_code == 402
    assert received == []


async def test_files_of_unknown_size_that_come_at_once_share_the_storage(lasting_tenant):
    size = len(CSV.encode())
    granted = Entitlements(limits={Limit.STORAGE_BYTES: 2 * size})

    async def pieces():
        yield CSV.encode()

    async with client_of(lasting_tenant.with_entitlements(granted)) as client:
        answers = await asyncio.gather(*(client.post(f"{AT}/uploads", content=pieces()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 402, 402]
    assert await storage_used(lasting_tenant) == 2 * size
    folder = uploads.get_settings().data_dir / "imports"
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2
