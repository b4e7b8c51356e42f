"""Looking at files and reading their content."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import storage
from enterprise_app.core.context import Context
from enterprise_app.core.paging import ListQuery, Page

from .. import queries
from ..errors import AttachmentNotFound
from ..schemas import Content, File, Holder


async def list_files(
    session: AsyncSession, ctx: Context, holder: Holder, query: ListQuery, *, count: bool = False
) -> Page[File]:
    """A page of the holder's files; removed ones only where a filter on `removed` asks for them."""
    ctx.require(holder.read)
    select = queries.select_files(holder)
    if not query.names("removed"):
        select = select.where(queries.not_removed())
    page = await queries.LISTING.page(session, select, query, count=count)
    return Page([queries.from_row(row) for row in page.items], page.next_cursor, page.total)


async def get_file(session: AsyncSession, ctx: Context, holder: Holder, file_id: UUID) -> File:
    """One file of the holder, removed or not. Raises AttachmentNotFound."""
    ctx.require(holder.read)
    found = await queries.find(session, holder, file_id)
    if found is None:
        raise AttachmentNotFound
    return queries.to_file(*found)


async def open_file(session: AsyncSession, ctx: Context, holder: Holder, file_id: UUID) -> tuple[File, Content]:
    """The file and its content in pieces, to be read after the transaction. Raises AttachmentNotFound (removed too)."""
    ctx.require(holder.read)
    found = await queries.find(session, holder, file_id)
    if found is None or found[1].archived_at is not None:
        raise AttachmentNotFound
    key = found[0].key
    await storage.storage().stat(key)  # what is missing is told before an answer begins
    return queries.to_file(*found), storage.storage().open(key)
