"""Keeps batches as they came when more comes than can be stored at once, and answers; the worker stores them.

What is kept is safe: in the database, committed, before anybody is answered. It is only taken when all its messages are
good for certain (rules/plain.py) and nothing in it is to be left out before it is written anywhere, such as addresses.
"""

import asyncio
import re
import time
from dataclasses import dataclass, field
from uuid import UUID

import zstandard

from enterprise_app.core import live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid, RateLimited, Unavailable
from enterprise_app.core.settings import get_settings
from enterprise_app.domains.analytics.queries import backlog
from enterprise_app.domains.analytics.queries.backlog import Body
from enterprise_app.domains.analytics.rules.address import stored_address
from enterprise_app.domains.analytics.rules.plain import read_plain
from enterprise_app.domains.analytics.service import rushing
from enterprise_app.domains.analytics.service.flushing import is_spent
from enterprise_app.domains.analytics.service.ingesting import MAX_BATCH
from enterprise_app.domains.analytics.service.write_keys import KeyOwner
from enterprise_app.domains.analytics.vocabulary import DoNotTrack

MAX_BYTES = 256 * 1024 * 1024
"""Of a tenant, packed: who is further ahead of the worker than that is told to slow down."""
MAX_ROWS = 200_000
"""Of a tenant: many small bodies take long to count, too."""
MAX_GROUP, MAX_GROUP_BODIES = 4 * 1024 * 1024, 200
"""Bytes and bodies that are written at once."""
MAX_WAITING = 64 * 1024 * 1024
"""Bytes, packed, of all tenants that may wait in this process to be written."""
MAX_AT_ONCE = 3
"""Transactions of all tenants at once: the process has more connections, and pages need some."""
_LOOK_EVERY = 1.0
_RETRY_AFTER = 5
_MOST = 1_000
AREA = "backlog"
_ESCAPED = re.compile(rb"\\u00[2-7]")
"""A plain character that is not written plainly: names can't be looked for then."""
_packer = zstandard.ZstdCompressor(level=1)


@dataclass(eq=False, slots=True)
class _Line:
    """A tenant's bodies that are about to be written, and what is known of those that are."""

    waiting: list[tuple[Body, "asyncio.Future[None]"]] = field(default_factory=list)
    writer: "asyncio.Task[None] | None" = None
    looked_at: float = float("-inf")
    is_full: bool = False


_lines: dict[UUID, _Line] = {}
_waiting = 0
_at_once = asyncio.Semaphore(MAX_AT_ONCE)


def is_rush(owner: KeyOwner) -> bool:
    """Whether the source's next batch should be kept instead of stored. Beyond the plan nothing is kept."""
    return rushing.is_rush(owner.source_id) and not is_spent(owner.tenant_id)


async def keep_batch(
    owner: KeyOwner, data: bytes, *, ip: str | None, agent: str | None, do_not_track: bool
) -> list[str | None] | None:
    """Keep a batch's body and return its messages' ids; None when it has to be read at once.

    Committed when it returns. Raises Invalid for too many at once, RateLimited when the tenant's backlog is full, and
    Unavailable when the database can't take it.
    """
    at, truncate = now(), owner.truncate_ip or get_settings().ip_truncate
    if _must_be_read(owner, data, do_not_track, truncate) or (ids := read_plain(data, at)) is None:
        return None
    if len(ids) > MAX_BATCH:
        raise Invalid.of("batch", "batch_too_long", count=len(ids), limit=MAX_BATCH)
    address = stored_address(ip, truncate) if ip else None
    # An eighth of the bytes, and of the time that the database takes with them.
    await _write(owner.tenant_id, Body(owner.source_id, at, len(ids), _packer.compress(data), address, agent))
    rushing.keep(owner.source_id, len(ids))
    return ids


def _must_be_read(owner: KeyOwner, data: bytes, do_not_track: bool, truncate: bool) -> bool:
    """Whether the body may hold what must not be written down: of people who ask for that, or whole addresses."""
    heeds = owner.do_not_track is not DoNotTrack.IGNORE
    if (heeds and (do_not_track or b"doNotTrack" in data)) or (truncate and b'"ip"' in data):
        return True
    return (heeds or truncate) and b"\\" in data and b"\\u00" in data and _ESCAPED.search(data) is not None


async def _write(tenant_id: UUID, body: Body) -> None:
    """With what comes at the same time, in one transaction."""
    global _waiting
    line, size = _line_of(tenant_id), len(body.data)
    if line.is_full and time.monotonic() - line.looked_at < _LOOK_EVERY:
        raise RateLimited(retry_after=_RETRY_AFTER)
    if _waiting and _waiting + size > MAX_WAITING:
        raise Unavailable("database_busy", retry_after=1)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    line.waiting.append((body, done))
    if line.writer is None:
        line.writer = asyncio.create_task(_serve(tenant_id, line))
    _waiting += size
    try:
        await done
    finally:
        _waiting -= size


def _line_of(tenant_id: UUID) -> _Line:
    """The tenant's line; those at rest are forgotten when there are many."""
    line = _lines.get(tenant_id)
    if line is None:
        if len(_lines) >= _MOST:
            for idle in [known for known, other in _lines.items() if other.writer is None]:
                del _lines[idle]
        line = _lines[tenant_id] = _Line()
    return line


async def _serve(tenant_id: UUID, line: _Line) -> None:
    """Group after group until nobody waits."""
    group: list[tuple[Body, asyncio.Future[None]]] = []
    try:
        while line.waiting:
            await asyncio.sleep(0)  # what came at the same moment comes along
            async with _at_once:
                if group := _next_group(line):
                    await _write_group(tenant_id, line, group)
    finally:  # also when it is ended from outside: nobody is left unanswered
        line.writer = None
        for _, done in [*group, *line.waiting]:
            done.cancel()
        line.waiting.clear()


def _next_group(line: _Line) -> list[tuple[Body, "asyncio.Future[None]"]]:
    """The next bodies in order, as many as fit. Whose sender has gone is not kept any more: it will come again."""
    size = taken = 0
    waiting = [(body, done) for body, done in line.waiting if not done.done()]
    for body, _ in waiting[:MAX_GROUP_BODIES]:
        size += len(body.data)
        if taken and size > MAX_GROUP:
            break
        taken += 1
    group, line.waiting = waiting[:taken], waiting[taken:]
    return group


async def _write_group(tenant_id: UUID, line: _Line, group: list[tuple[Body, "asyncio.Future[None]"]]) -> None:
    """All or none of them."""
    problem: Exception | None = None
    ctx = job_context(tenant_id, "ingest")
    try:
        if time.monotonic() - line.looked_at > _LOOK_EVERY:
            await _look(ctx, line)
        if line.is_full:
            raise RateLimited(retry_after=_RETRY_AFTER)
        await backlog.add(ctx, [body for body, _ in group])
    except Exception as error:
        problem = error
    for _, done in group:
        if not done.done():
            done.set_exception(problem) if problem else done.set_result(None)


async def _look(ctx: Context, line: _Line) -> None:
    """How much waits, and have open pages tell it."""
    async with tenant_session(ctx) as session:
        found = await backlog.measure(session, ctx.tenant_id)
        await live.changed(session, live.topic(ctx.tenant_id, AREA))
    line.is_full = found.bytes >= MAX_BYTES or found.rows >= MAX_ROWS
    line.looked_at = time.monotonic()
