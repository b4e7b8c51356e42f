"""Looking at campaigns: one, a page, the board, the calendar."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.paging import ListQuery, Page
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import CampaignNotFound
from ..queries import campaigns as queries
from ..schemas import Board, BoardColumn, Calendar, Campaign
from ..vocabulary import CampaignStatus

BOARD_STATUSES = tuple(status for status in CampaignStatus if status is not CampaignStatus.ARCHIVED)
BOARD_ITEMS = 50
CALENDAR_ITEMS = 500
CALENDAR_DAYS = 400


async def get_campaign(session: AsyncSession, ctx: Context, campaign_id: UUID) -> Campaign:
    """One campaign, archived or not. Raises CampaignNotFound."""
    ctx.require(Permission.CAMPAIGNS_READ)
    row = await queries.find_row(session, campaign_id)
    if row is None:
        raise CampaignNotFound
    return queries.to_campaign(row)


async def list_campaigns(
    session: AsyncSession, ctx: Context, query: ListQuery, *, count: bool = False
) -> Page[Campaign]:
    """A page; archived campaigns only where a filter on `status` asks for them. `count` adds the total.

    With `q` the list is that of the 500 best matches: a condition on all rows with a common word would sort them all.
    """
    ctx.require(Permission.CAMPAIGNS_READ)
    select = queries.ALL if query.names("status") else queries.NOT_ARCHIVED
    if query.q:
        found = await search.find(session, queries.KIND, query.q)
        select = select.where(queries.is_one_of(found))
    page = await queries.LISTING.page(session, select, query, count=count)
    return Page([queries.from_values(row) for row in page.items], page.next_cursor, page.total)


async def get_board(session: AsyncSession, ctx: Context) -> Board:
    """A column for each status but archived, with its newest campaigns and its total."""
    ctx.require(Permission.CAMPAIGNS_READ)
    totals = await queries.count_by_status(session)
    columns = []
    for status in BOARD_STATUSES:
        total = totals.get(status, 0)
        items = await queries.newest_of(session, status, BOARD_ITEMS) if total else []
        columns.append(BoardColumn(status=status, total=total, items=items))
    return Board(columns=columns)


async def get_calendar(session: AsyncSession, ctx: Context, start: date, end: date) -> Calendar:
    """The campaigns that run between two days, both included; at most 400 days. Raises Invalid."""
    ctx.require(Permission.CAMPAIGNS_READ)
    if end < start:
        raise Invalid.of("end", "campaign_days")
    if end - start > timedelta(days=CALENDAR_DAYS):
        raise Invalid.of("end", "campaign_calendar_long", max=CALENDAR_DAYS)
    items = await queries.overlapping(session, start, end, CALENDAR_ITEMS + 1)
    truncated = len(items) > CALENDAR_ITEMS
    return Calendar(start=start, end=end, items=items[:CALENDAR_ITEMS], truncated=truncated)
