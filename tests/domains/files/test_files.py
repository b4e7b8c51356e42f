"""Attaching, removing, restoring, purging: what is kept, counted, told, refused, and what lies in the storage."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core import storage
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden, Invalid, QuotaExceeded, ReadOnly, TooLarge, Unavailable
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.files import service
from enterprise_app.domains.files.errors import AttachmentNotFound
from enterprise_app.domains.files.jobs import tidy
from enterprise_app.domains.files.schemas import File, Holder
from enterprise_app.domains.files.service import attaching
from enterprise_app.domains.metering import service as metering
from tests.domains.files.conftest import lying, make_holder, pieces, uploaded
from tests.factories import make_context
from tests.joined import JoinedSource

WRITE = Permission.CAMPAIGNS_UPDATE
SMALL = Entitlements("FREE", limits={Limit.STORAGE_BYTES: 25})


async def _listed(ctx: Context, holder: Holder, *filters: str) -> list[File]:
    async with tenant_session(ctx) as session:
        query = service.LISTING.parse(filters=filters)
        return list((await service.list_files(session, ctx, holder, query)).items)


async def _read(ctx: Context, holder: Holder, file: File) -> bytes:
    async with tenant_session(ctx) as session:
        _, content = await service.open_file(session, ctx, holder, file.id)
    async with content as found:
        return b"".join([piece async for piece in found])


async def _remove(ctx: Context, holder: Holder, file: File) -> File:
    async with tenant_session(ctx) as session:
        return await service.remove(session, ctx, holder, file.id)


async def _restore(ctx: Context, holder: Holder, file: File) -> File:
    async with tenant_session(ctx) as session:
        return await service.restore(session, ctx, holder, file.id)


async def _used(ctx: Context) -> int:
    """The counter, which must equal what a recount of the files finds."""
    async with tenant_session(ctx) as session:
        drift = next(d for d in await metering.recount(session, ctx) if d.resource is Limit.STORAGE_BYTES)
    assert drift.counted == drift.recounted
    return drift.counted


async def _rows(db: JoinedSource, query: str) -> list[Any]:
    return [row[0] for row in await db.connection.execute(sa.text(query))]


async def test_what_is_attached_is_what_comes_back(db: JoinedSource, folder: Path) -> None:
    ctx, holder = make_context(), make_holder()
    content = b"%PDF-1.7\n" + os.urandom(50_000)
    file = await uploaded(ctx, holder, content, "../../Brief \u202eالنهائي.pdf")
    assert (file.name, file.content_type, file.size) == ("Brief النهائي.pdf", "application/pdf", len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert (file.created_by, file.created_by_name) == (ctx.actor.id, "Ada")
    assert await _read(ctx, holder, file) == content
    assert [f.id for f in await _listed(ctx, holder)] == [file.id]
    assert await _listed(ctx, make_holder()) == [], "another thing's files are its own"
    assert await _used(ctx) == len(content)
    assert await _rows(db, "SELECT kind FROM event_outbox") == ["file.attached"]
    assert await _rows(db, "SELECT verb FROM audit_log") == ["file.attached"]
    assert [path.read_bytes() for path in lying(folder)] == [content]
    assert "Brief" not in str(lying(folder)), "names of people's files name nothing in the storage"


async def test_removed_and_restored(db: JoinedSource) -> None:
    ctx, holder = make_context(), make_holder()
    file = await uploaded(ctx, holder)
    removed = await _remove(ctx, holder, file)
    assert removed.removed_at is not None
    assert (await _remove(ctx, holder, file)).removed_at == removed.removed_at, "twice is once"
    assert (await _listed(ctx, holder), await _used(ctx)) == ([], 0)
    assert [f.id for f in await _listed(ctx, holder, "removed:eq:true")] == [file.id]
    with pytest.raises(AttachmentNotFound):
        await _read(ctx, holder, file)
    assert (await _restore(ctx, holder, file)).removed_at is None
    assert (await _restore(ctx, holder, file)).removed_at is None
    assert (await _read(ctx, holder, file), await _used(ctx)) == (b"The brief.", 10)
    kinds = await _rows(db, "SELECT kind FROM event_outbox ORDER BY seq")
    assert kinds == ["file.attached", "file.removed", "file.restored"]
    assert await _rows(db, "SELECT verb FROM audit_log ORDER BY seq") == kinds


async def test_storage_is_counted_exactly(db: JoinedSource, folder: Path) -> None:
    ctx, holder = make_context(entitlements=SMALL), make_holder()
    first, _ = await uploaded(ctx, holder), await uploaded(ctx, holder)
    with pytest.raises(QuotaExceeded) as refused:
        await uploaded(ctx, holder)
    assert (refused.value.params["limit"], refused.value.params["granted"], refused.value.params["used"]) == (
        "storage_bytes", 25, 20,
    )  # fmt: skip
    assert len(lying(folder)) == 2, "what was refused lies nowhere"
    await _remove(ctx, holder, first)
    await uploaded(ctx, holder)
    with pytest.raises(QuotaExceeded):
        await _restore(ctx, holder, first)
    assert await _used(ctx) == 20


async def test_refused_before_it_is_read(db: JoinedSource, folder: Path) -> None:
    ctx, holder = make_context(entitlements=SMALL), make_holder()

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the content was read")
        yield b""

    async def open_holder(session: object) -> Holder:
        return holder

    for announced, error in ((26, QuotaExceeded), (100_000_001, TooLarge)):
        with pytest.raises(error):
            await service.upload(ctx, WRITE, open_holder, never(), name="a", announced=announced)
    with pytest.raises(Forbidden):
        await service.upload(make_context(ctx.tenant_id, Role.GUEST), WRITE, open_holder, never(), name="a")
    assert lying(folder) == []


async def test_nothing_stays_of_what_cannot_be_taken(
    db: JoinedSource, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, holder = make_context(), make_holder()
    monkeypatch.setattr(attaching, "MAX_FILE_BYTES", 15)

    async def cut() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise ConnectionResetError

    async def cancelled() -> AsyncIterator[bytes]:
        yield b"the first half"
        raise asyncio.CancelledError

    contents = ((pieces(b"0123456789", b"0123456789"), TooLarge), (pieces(), Invalid), (pieces(b"", b""), Invalid))
    for content, error in (*contents, (cut(), ConnectionResetError), (cancelled(), asyncio.CancelledError)):
        with pytest.raises(error):
            await service.store(ctx, content)
        assert lying(folder) == []
    assert (await _listed(ctx, holder), await _used(ctx)) == ([], 0)


async def test_the_holder_may_refuse_at_the_end(db: JoinedSource, folder: Path) -> None:
    ctx, calls = make_context(), 0

    async def archived_meanwhile(session: object) -> Holder:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise ReadOnly
        return make_holder()

    with pytest.raises(ReadOnly):
        await service.upload(ctx, WRITE, archived_meanwhile, pieces(b"x"), name="a")
    assert (calls, lying(folder)) == (2, [])


async def test_content_stays_while_nobody_knows_whether_it_was_committed(db: JoinedSource, folder: Path) -> None:
    ctx, calls = make_context(), 0

    async def database_gone(session: object) -> Holder:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise Unavailable("database_unavailable")
        return make_holder()

    with pytest.raises(Unavailable):
        await service.upload(ctx, WRITE, database_gone, pieces(b"x"), name="a")
    assert len(lying(folder)) == 1, "the housekeeping decides about it"


async def test_rights_and_walls(db: JoinedSource) -> None:
    ctx, holder = make_context(), make_holder()
    file = await uploaded(ctx, holder)
    reader = make_context(ctx.tenant_id)
    reader = Context(reader.tenant_id, reader.actor, frozenset({Permission.CAMPAIGNS_READ}), reader.entitlements)
    for act in (_remove, _restore):
        with pytest.raises(Forbidden):
            await act(reader, holder, file)
    assert await _read(reader, holder, file) == b"The brief."
    nobody = Context(ctx.tenant_id, ctx.actor)
    for look in (_read(nobody, holder, file), _listed(nobody, holder)):
        with pytest.raises(Forbidden):
            await look
    stranger = make_context()
    for act in (_remove, _restore, _read):
        with pytest.raises(AttachmentNotFound):
            await act(stranger, holder, file)
        with pytest.raises(AttachmentNotFound):
            await act(ctx, make_holder(), file)
    assert await _listed(stranger, holder) == []
    with pytest.raises(ReadOnly):
        await _remove(Context(ctx.tenant_id, ctx.actor, ctx.permissions, read_only=True), holder, file)


async def test_twenty_at_once_stay_within_the_plan(committed_db: object, folder: Path) -> None:
    ctx, holder = make_context(entitlements=Entitlements("FREE", limits={Limit.STORAGE_BYTES: 75})), make_holder()
    tries = await asyncio.gather(*(uploaded(ctx, holder) for _ in range(20)), return_exceptions=True)
    refused = [attempt for attempt in tries if isinstance(attempt, QuotaExceeded)]
    assert (len(tries) - len(refused), await _used(ctx), len(lying(folder))) == (7, 70, 7)


def _age(path: Path, days: float) -> None:
    at = (now() - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))


async def test_the_housekeeping_takes_what_belongs_to_nothing(db: JoinedSource, folder: Path) -> None:
    ctx, other, holder = make_context(), make_context(), make_holder()
    kept, theirs = await uploaded(ctx, holder), await uploaded(other, holder)
    orphan, fresh = await service.store(ctx, pieces(b"orphan")), await service.store(ctx, pieces(b"on its way"))
    for path in lying(folder):
        _age(path, 2)
    _age(folder / fresh.key, 0.5)
    dead, writing = ((folder / orphan.key).with_name(f".{n}.part") for n in ("dead", "writing"))
    for path, days in ((dead, 2), (writing, 0.1)):
        path.write_bytes(b"half")
        _age(path, days)
    assert await tidy(str(ctx.tenant_id)) == {"purged": 0, "orphans": 1, "unfinished": 1}
    assert (folder / fresh.key).exists()
    assert writing.exists()
    assert not (folder / orphan.key).exists()
    assert not dead.exists()
    assert await _read(ctx, holder, kept) == await _read(other, holder, theirs) == b"The brief."


async def test_removed_files_are_purged_after_a_month(db: JoinedSource, folder: Path) -> None:
    ctx, holder = make_context(), make_holder()
    old, recent, kept = [await uploaded(ctx, holder) for _ in range(3)]
    await _remove(ctx, holder, old)
    await _remove(ctx, holder, recent)
    age = "UPDATE attachments SET archived_at = archived_at - interval '31 days' WHERE file_id = :id"
    await db.connection.execute(sa.text(age), {"id": old.id})
    assert (await tidy(str(ctx.tenant_id)))["purged"] == 1
    assert (await tidy(str(ctx.tenant_id)))["purged"] == 0
    with pytest.raises(AttachmentNotFound):
        await _restore(ctx, holder, old)
    await _restore(ctx, holder, recent)
    assert {f.id for f in await _listed(ctx, holder)} == {recent.id, kept.id}
    assert (await _used(ctx), len(lying(folder))) == (20, 2)
    assert (await _rows(db, "SELECT verb FROM audit_log ORDER BY seq"))[-2] == "file.purged"


async def test_removed_files_cannot_fill_the_disk(db: JoinedSource, folder: Path) -> None:
    """25 bytes are granted, so at most 25 removed ones are kept beside them: the oldest go first."""
    ctx, holder = make_context(entitlements=SMALL), make_holder()
    files = []
    for _ in range(4):
        files.append(await uploaded(ctx, holder))
        await _remove(ctx, holder, files[-1])
    asked = await _rows(db, "SELECT arguments FROM job_runs WHERE name = 'files.tidy'")
    assert asked == [{"keep_bytes": 25}] * 2
    assert (await tidy(str(ctx.tenant_id), **asked[0]))["purged"] == 2
    assert {f.id for f in await _listed(ctx, holder, "removed:eq:true")} == {files[2].id, files[3].id}
    assert len(lying(folder)) == 2


async def test_content_that_is_gone_is_told_before_an_answer_begins(db: JoinedSource, folder: Path) -> None:
    ctx, holder = make_context(), make_holder()
    file = await uploaded(ctx, holder)
    for path in lying(folder):
        path.unlink()
    async with tenant_session(ctx) as session:
        with pytest.raises(Exception, match="not_found"):
            await service.open_file(session, ctx, holder, file.id)


async def test_unlimited_storage_needs_no_purge(db: JoinedSource) -> None:
    assert make_context().limit(Limit.STORAGE_BYTES) == UNLIMITED
    ctx, holder = make_context(), make_holder()
    await _remove(ctx, holder, await uploaded(ctx, holder))
    assert await _rows(db, "SELECT id FROM job_runs") == []
    assert [key async for key in storage.storage().list(storage.key(ctx.tenant_id, "nothing"))] == []
