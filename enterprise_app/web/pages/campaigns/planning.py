"""Board lanes and calendar months, made of campaigns."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Board, Campaign
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Card, Day, Lane, Mark
from enterprise_app.web.pages.campaigns.shapes import TONES, budget_text, dates_text

MARKS_A_DAY = 4
MonthView = tuple[list[str], list[list[Day]], str, bool]


def lanes_of(ctx: Context, board: Board) -> list[Lane]:
    """A lane for each status."""
    return [
        Lane(
            id=column.status.value,
            title=translate(ctx.locale, f"campaigns.status.{column.status.value}"),
            count=localization.format_number(column.total, ctx.locale),
            tone=TONES[column.status],
            cards=[_card(ctx, campaign) for campaign in column.items],
        )
        for column in board.columns
    ]


def _card(ctx: Context, campaign: Campaign) -> Card:
    facts = (dates_text(ctx, campaign.starts_on, campaign.ends_on), budget_text(ctx, campaign))
    return Card(
        id=str(campaign.id),
        title=campaign.name,
        text=" · ".join(fact for fact in facts if fact),
        href=f"/campaigns/{campaign.id}",
        tags=campaign.tags[:4],
    )


def month_of(ctx: Context, text: str) -> date:
    """The first of the month named `2026-03`; of this month in the tenant's zone when it names none."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return now().astimezone(ZoneInfo(ctx.zone)).date().replace(day=1)


def shifted(month: date, step: int) -> str:
    """The month before (-1) or after (1), as `2026-03`; never outside of what a campaign may be dated."""
    index = month.year * 12 + month.month - 1 + max(-1, min(1, step))
    index = max(2000 * 12, min(2199 * 12 + 11, index))
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


async def month_view(session: AsyncSession, ctx: Context, month: date) -> MonthView:
    """Weekday names, weeks of days with their campaigns, the month's title, and whether some were left out."""
    first_weekday = localization.first_weekday(ctx.locale)
    start = month - timedelta(days=(month.weekday() - first_weekday) % 7)
    days = [start + timedelta(days=offset) for offset in range(42)]
    if days[35].month != month.month:
        days = days[:35]
    calendar = await service.get_calendar(session, ctx, days[0], days[-1])
    today = now().astimezone(ZoneInfo(ctx.zone)).date()
    cells = [_day(ctx, day, month, today, calendar.items) for day in days]
    weeks = [cells[index : index + 7] for index in range(0, len(cells), 7)]
    names = [localization.format_weekday(day, ctx.locale) for day in days[:7]]
    return names, weeks, localization.format_month(month, ctx.locale), calendar.truncated


def _day(ctx: Context, day: date, month: date, today: date, campaigns: list[Campaign]) -> Day:
    return Day(
        iso=day.isoformat(),
        number=localization.format_number(day.day, ctx.locale),
        label=localization.format_date(day, ctx.locale),
        outside=day.month != month.month,
        today=day == today,
        marks=_marks(ctx, [campaign for campaign in campaigns if _runs(campaign, day)]),
    )


def _marks(ctx: Context, running: list[Campaign]) -> list[Mark]:
    """Up to four, or three and how many more there are."""
    if len(running) <= MARKS_A_DAY:
        return [_mark(campaign) for campaign in running]
    shown = [_mark(campaign) for campaign in running[: MARKS_A_DAY - 1]]
    more = translate(ctx.locale, "campaigns.calendar.more", count=len(running) - len(shown))
    return [*shown, Mark(id="more", title=more, href="/campaigns?sort=starts_on", tone="neutral")]


def _runs(campaign: Campaign, day: date) -> bool:
    """Whether it runs on the day; one with a single known day is marked on that day."""
    first, last = campaign.starts_on or campaign.ends_on, campaign.ends_on or campaign.starts_on
    return first is not None and last is not None and first <= day <= last


def _mark(campaign: Campaign) -> Mark:
    return Mark(id=str(campaign.id), title=campaign.name, href=f"/campaigns/{campaign.id}", tone=TONES[campaign.status])
