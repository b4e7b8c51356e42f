"""Attaching: the content streams to the storage first, outside of any transaction; then the file is noted at once."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, storage
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, Invalid, Unavailable
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.metering import service as metering

from .. import queries
from ..errors import too_large
from ..events import FileAttached
from ..models import AttachmentRow, FileRow
from ..rules.names import clean_name
from ..rules.sniffing import HEAD_BYTES, sniff
from ..schemas import File, Holder, Stored
from ..vocabulary import MAX_FILE_BYTES
from .telling import summary_of, target_of
from .tidying import PREFIX

OpenHolder = Callable[[AsyncSession], Awaitable[Holder]]
"""Finds the holder and refuses when it may not get a file now; called before and after the content is read."""
Tell = Callable[[AsyncSession], Awaitable[None]]
Look = Callable[[AsyncSession], Awaitable[Any]]
Effect = Callable[[AsyncSession], Awaitable[Any]]
Keep = Callable[[AsyncSession, Stored], Awaitable[Any]]
Prepare = Callable[[Stored], Awaitable[Stored]]
Settle = Callable[[bytes, Effect], Awaitable[Any]]

metering.register_recount(Limit.STORAGE_BYTES, queries.bytes_held)


async def upload(
    ctx: Context,
    write: Permission,
    open_holder: OpenHolder,
    content: AsyncIterable[bytes],
    *,
    name: str,
    announced: int | None = None,
    tell: Tell | None = None,
    settle: Settle | None = None,
) -> Any:
    """Read the content and attach it; `write` is the right that the holder will name.

    Raises Forbidden, what `open_holder` raises, QuotaExceeded, TooLarge, Invalid (empty).
    `tell` runs with it in one transaction, for the live topics of the holder's domain. `settle(digest, effect)` opens
    that transaction and runs the effect, unless it knows the answer already; what it returns is returned. By default
    that is the File.
    What can be refused is refused before the content is read: by `announced`, its size where known. Nothing stays of
    what is refused later or breaks off.
    """
    ctx.require(write)

    async def keep(session: AsyncSession, stored: Stored) -> File:
        file = await attach(session, ctx, await open_holder(session), stored, name=name)
        if tell is not None:
            await tell(session)
        return file

    return await receive(ctx, write, open_holder, content, keep, announced=announced, settle=settle)


async def receive(
    ctx: Context,
    write: Permission,
    look: Look,
    content: AsyncIterable[bytes],
    keep: Keep,
    *,
    announced: int | None = None,
    prepare: Prepare | None = None,
    settle: Settle | None = None,
) -> Any:
    """What `upload` does, for holders that keep more of a content than the file: `keep` attaches it and notes the rest.

    `look` refuses before the content is read. `prepare` may put another content in place of the one that was read (it
    discards the old one then); `settle` gets the digest of what was sent all the same.
    """
    ctx.require(write)
    async with tenant_session(ctx) as session:
        await look(session)
        if announced is not None and announced > MAX_FILE_BYTES:
            raise too_large()
        await metering.check_room(session, ctx, Limit.STORAGE_BYTES, max(announced or 0, 1))
    stored = await store(ctx, content)
    digest, used = stored.sha256, False
    if prepare is not None:
        stored = await prepare(stored)

    async def effect(session: AsyncSession) -> Any:
        nonlocal used
        used = True
        return await keep(session, stored)

    try:
        answer = await (settle(digest, effect) if settle else _in_transaction(ctx, effect))
    except Unavailable:
        raise  # perhaps it was committed; the housekeeping looks later whether the content belongs to a file
    except AtriumError:
        await discard(stored)
        raise
    if not used:
        await discard(stored)
    return answer


async def _in_transaction(ctx: Context, effect: Effect) -> Any:
    async with tenant_session(ctx) as session:
        return await effect(session)


async def store(ctx: Context, content: AsyncIterable[bytes]) -> Stored:
    """Put the content into the storage, whole or not at all. Raises TooLarge, Invalid (empty), Unavailable (full).

    Without an `attach` soon the housekeeping takes it away.
    """
    name, head = new_id().hex, bytearray()
    key = storage.key(ctx.tenant_id, PREFIX, name[-2:], name)
    kept = await storage.storage().put(key, _watched(content, head))
    assert kept.sha256 is not None, "put knows the digest"
    return Stored(key, kept.size, kept.sha256, bytes(head))


async def discard(stored: Stored) -> None:
    """Take away content that became no file."""
    await storage.storage().delete(stored.key)


async def attach(session: AsyncSession, ctx: Context, holder: Holder, stored: Stored, *, name: str) -> File:
    """Note the stored content as a file of the holder. Raises QuotaExceeded, ReadOnly."""
    ctx.require(holder.write)
    await metering.reserve(session, ctx, Limit.STORAGE_BYTES, stored.size)
    called = clean_name(name)
    file = FileRow(
        tenant_id=ctx.tenant_id, key=stored.key, name=called, content_type=sniff(stored.head, called),
        size=stored.size, sha256=stored.sha256, created_by=ctx.actor.id, created_by_name=ctx.actor.name,
    )  # fmt: skip
    attachment = AttachmentRow(tenant_id=ctx.tenant_id, entity_kind=holder.kind, entity_id=holder.id, file_id=file.id)
    session.add(file)
    await session.flush()
    session.add(attachment)
    await session.flush()
    fact = FileAttached(
        tenant_id=ctx.tenant_id, entity_id=file.id, name=called, holder_kind=holder.kind, holder_id=holder.id,
        content_type=file.content_type, size=file.size,
    )  # fmt: skip
    await events.publish(session, ctx, fact)
    await audit.record(session, ctx, AuditVerb.FILE_ATTACHED, target_of(file), after=summary_of(file, holder))
    return queries.to_file(file, attachment)


async def _watched(content: AsyncIterable[bytes], head: bytearray) -> AsyncIterator[bytes]:
    """The content as it passes: its beginning kept, its size bounded. Raising here makes the storage keep nothing."""
    size = 0
    async for piece in content:
        size += len(piece)
        if size > MAX_FILE_BYTES:
            raise too_large()
        if len(head) < HEAD_BYTES:
            head += piece[: HEAD_BYTES - len(head)]
        yield piece
    if not size:
        raise Invalid.of("body", "file_empty")
