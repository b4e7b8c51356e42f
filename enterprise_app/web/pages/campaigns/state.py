"""The list of campaigns: as table, board or calendar; search, filter, sorting and page are in the URL."""

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.vocabulary import CampaignAction, CampaignStatus
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Day, Lane
from enterprise_app.web.pages.campaigns.planning import lanes_of, month_of, month_view, shifted
from enterprise_app.web.pages.campaigns.shapes import Row, row_of
from enterprise_app.web.shell.acting import Acts
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import choice_of, id_of
from enterprise_app.web.shell.lists import Choice, counted, listed, showing
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import change_view, parameters

VIEWS = ("list", "board", "calendar")
MOVES = {
    CampaignStatus.ACTIVE.value: CampaignAction.ACTIVATE,
    CampaignStatus.PAUSED.value: CampaignAction.PAUSE,
    CampaignStatus.COMPLETED.value: CampaignAction.COMPLETE,
}
UNDO = {CampaignAction.ARCHIVE: CampaignAction.RESTORE, CampaignAction.PAUSE: CampaignAction.ACTIVATE}
ACTS = Acts(CampaignAction, service.act_on_campaign, lambda act: f"campaigns.done.{act.value}", UNDO)


class CampaignsState(listed(Permission.CAMPAIGNS_READ, Choice("status", CampaignStatus)), rx.State):
    """What the page of all campaigns shows now."""

    view: str = "list"
    rows: list[Row] = []
    chosen: list[str] = []
    lanes: list[Lane] = []
    weeks: list[list[Day]] = []
    weekdays: list[str] = []
    month_title: str = ""
    truncated: bool = False

    @action(Permission.CAMPAIGNS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        self.view = wanted if (wanted := parameters(self).get("view", "")) in VIEWS else "list"
        loaders = {"list": self._load_list, "board": self._load_board, "calendar": self._load_calendar}
        with showing(self):
            await loaders[self.view](ctx)

    async def _load_list(self, ctx: Context) -> None:
        query = self._query(ctx, service.LISTING)
        async with tenant_session(ctx) as session:
            page = await service.list_campaigns(session, ctx, query, count=True)
        self.rows = [row_of(ctx, campaign) for campaign in page.items]
        self._turned(page, counted(ctx, "campaigns.list.total", page.total))
        self.chosen = [key for key in self.chosen if key in {row.id for row in self.rows}]

    async def _load_board(self, ctx: Context) -> None:
        async with tenant_session(ctx) as session:
            board = await service.get_board(session, ctx)
        self.lanes = lanes_of(ctx, board)

    async def _load_calendar(self, ctx: Context) -> None:
        month = month_of(ctx, parameters(self).get("month", ""))
        async with tenant_session(ctx) as session:
            view = await month_view(session, ctx, month)
        self.weekdays, self.weeks, self.month_title, self.truncated = view

    @action(Permission.CAMPAIGNS_READ)
    async def show(self, view: str) -> EventSpec:
        """Table, board or calendar."""
        return change_view(self, view="" if view == "list" else view, cursor="")

    @action(Permission.CAMPAIGNS_READ)
    async def go_month(self, ctx: Context, step: int) -> EventSpec:
        """The calendar's month, one before (-1), after (1) or today's (0)."""
        month = (
            shifted(month_of(ctx, parameters(self).get("month", "")), step if isinstance(step, int) else 0)
            if step
            else ""
        )
        return change_view(self, month=month)

    @action(Permission.CAMPAIGNS_READ)
    async def choose(self, key: str, ticked: bool) -> None:
        """Tick a row for a bulk action."""
        known = {row.id for row in self.rows}
        self.chosen = sorted(({*self.chosen, key} if ticked else {*self.chosen} - {key}) & known)

    @action(Permission.CAMPAIGNS_READ)
    async def choose_all(self, ticked: bool) -> None:
        """Tick every row of this page, or none."""
        self.chosen = [row.id for row in self.rows] if ticked else []

    @action(Permission.CAMPAIGNS_READ)
    async def act_on_chosen(self, ctx: Context, name: str) -> None:
        """Do it to every ticked campaign; those that refuse are named."""
        async with tenant_session(ctx) as session:
            ids = [id_of(key) for key in self.chosen]
            results = (await service.act_on_campaigns(session, ctx, choice_of(CampaignAction, name), ids)).results
        done = sum(result.done for result in results)
        refused = [row.name for row, result in zip(self._ticked(), results, strict=False) if not result.done]
        self.chosen = []
        await toast(self, "success", translate(ctx.locale, "campaigns.bulk.done", count=done))
        if refused:
            names = localization.format_list(refused[:5], ctx.locale)
            await toast(
                self, "warning", translate(ctx.locale, "campaigns.bulk.refused", count=len(refused), names=names)
            )
        await self._load_list(ctx)

    def _ticked(self) -> list[Row]:
        by_id = {row.id: row for row in self.rows}
        return [by_id[key] for key in self.chosen if key in by_id]

    @action(Permission.CAMPAIGNS_READ)
    async def act(self, ctx: Context, key: str, name: str) -> None:
        """Activate, pause, complete, archive or restore one; what can be undone offers it."""
        await ACTS.do(self, ctx, key, name, undo=lambda back: CampaignsState.act(key, back))
        await self._reload(ctx)

    @action(Permission.CAMPAIGNS_UPDATE)
    async def move(self, ctx: Context, key: str, lane: str) -> None:
        """A card was dropped on another status."""
        wanted = MOVES.get(lane)
        try:
            if wanted is None:
                await toast(self, "warning", translate(ctx.locale, "campaigns.board.no_way_back"))
                return
            async with tenant_session(ctx) as session:
                await service.act_on_campaign(session, ctx, id_of(key), wanted)
        finally:
            await self._load_board(ctx)

    @action(Permission.CAMPAIGNS_CREATE)
    async def duplicate(self, ctx: Context, key: str) -> EventSpec:
        """A draft copy, opened for editing."""
        return await duplicated(ctx, key)

    async def _reload(self, ctx: Context) -> None:
        loader = self._load_board if self.view == "board" else self._load_list
        await loader(ctx)


async def duplicated(ctx: Context, key: str) -> EventSpec:
    """The way to a draft copy of a campaign."""
    async with tenant_session(ctx) as session:
        copy = await service.duplicate_campaign(session, ctx, id_of(key))
    return rx.redirect(f"/campaigns/{copy.id}/edit")
