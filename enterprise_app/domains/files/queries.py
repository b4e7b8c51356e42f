"""The SQL of files, and what their list may be filtered and sorted by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing

from .models import AttachmentRow, FileRow
from .rules.sniffing import INLINE
from .schemas import File, Holder

F: Any = FileRow.__table__.c  # pyright: ignore[reportAttributeAccessIssue]
A: Any = AttachmentRow.__table__.c  # pyright: ignore[reportAttributeAccessIssue]

LISTING = Listing(
    fields={
        "created_at": ListField(F.created_at, datetime, sortable=True),
        "size": ListField(F.size, int, sortable=True),
        "content_type": ListField(F.content_type, str),
        "removed": ListField(A.archived_at.is_not(None), bool),
    },
    key=F.id,
)
_JOINED = sa.and_(A.tenant_id == F.tenant_id, A.file_id == F.id)
_COLUMNS = (
    F.id, F.name, F.content_type, F.size, F.sha256, F.created_by, F.created_by_name, F.created_at,
    A.archived_at.label("removed_at"),
)  # fmt: skip
_TABLES = AttachmentRow.__table__.join(FileRow.__table__, _JOINED)  # pyright: ignore[reportAttributeAccessIssue]


def to_file(file: FileRow, attachment: AttachmentRow) -> File:
    """The rows as they leave."""
    values = {name: getattr(file, name) for name in (c.name for c in _COLUMNS[:-1])}
    return _file(values | {"removed_at": attachment.archived_at})


def from_row(row: Any) -> File:
    """A row of `select_files` as it leaves."""
    return _file({column.name: getattr(row, column.name) for column in _COLUMNS})


def _file(values: dict[str, Any]) -> File:
    shown = {"sha256": bytes(values["sha256"]).hex(), "shown_inline": values["content_type"] in INLINE}
    return File.model_construct(**values | shown)


def select_files(holder: Holder) -> Any:
    """The files of a holder, removed ones too."""
    return sa.select(*_COLUMNS).select_from(_TABLES).where(*_of(holder))


def not_removed() -> Any:
    """The condition of a file that is not put away."""
    return A.archived_at.is_(None)


async def find(
    session: AsyncSession, holder: Holder, file_id: UUID, *, lock: bool = False
) -> tuple[FileRow, AttachmentRow] | None:
    """The file at this holder; `lock` holds its attachment until the transaction ends."""
    statement = sa.select(FileRow, AttachmentRow).join_from(AttachmentRow, FileRow, _JOINED)
    statement = statement.where(*_of(holder), A.file_id == file_id).execution_options(populate_existing=True)
    if lock:
        statement = statement.with_for_update(of=AttachmentRow)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else (row[0], row[1])


async def bytes_held(session: AsyncSession, tenant_id: UUID) -> int:
    """What counts towards the plan: the bytes of files that are not removed."""
    return await _sum(session, F.tenant_id == tenant_id, not_removed())


async def bytes_removed(session: AsyncSession) -> int:
    """The bytes of files that are put away and still lie there."""
    return await _sum(session, A.archived_at.is_not(None))


async def _sum(session: AsyncSession, *conditions: Any) -> int:
    total = sa.func.coalesce(sa.func.sum(F.size), 0).cast(sa.BigInteger)
    return (await session.execute(sa.select(total).select_from(_TABLES).where(*conditions))).scalar_one()


async def take_expired(session: AsyncSession, before: datetime, keep_bytes: int | None, limit: int) -> list[FileRow]:
    """Removed before then, or beyond `keep_bytes` counted from the last removed; deleted in this transaction."""
    newest_first = sa.func.sum(F.size).over(order_by=(A.archived_at.desc(), A.id.desc()))
    aged = sa.select(A.id, A.archived_at, newest_first.label("up_to_here")).select_from(_TABLES)
    removed = aged.where(A.archived_at.is_not(None)).subquery()
    over = sa.false() if keep_bytes is None else removed.c.up_to_here > keep_bytes
    ids = sa.select(removed.c.id).where(sa.or_(removed.c.archived_at < before, over))
    ids = ids.order_by(removed.c.archived_at).limit(limit)
    # Locked one by one and asked again: one that is being restored right now is left alone.
    locked = sa.select(A.file_id).where(A.id.in_(ids), A.archived_at.is_not(None)).with_for_update(skip_locked=True)
    file_ids = list((await session.execute(locked)).scalars())
    taken = (await session.execute(sa.select(FileRow).where(F.id.in_(file_ids)))).scalars().all()
    await session.execute(sa.delete(FileRow).where(F.id.in_(file_ids)))  # its attachment goes with it
    return list(taken)


async def known_keys(session: AsyncSession, keys: Sequence[str]) -> set[str]:
    """Which of the storage keys belong to a file."""
    wanted = sa.any_(sa.literal(list(keys), ARRAY(sa.Text)))
    return set((await session.execute(sa.select(F.key).where(F.key == wanted))).scalars())


def _of(holder: Holder) -> tuple[Any, Any]:
    return A.entity_kind == holder.kind, A.entity_id == holder.id
