"""The list of people: a million rows are searched, filtered and turned page by page, never counted."""

from dataclasses import dataclass

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.vocabulary import Origin, ProfileAction, Stage
from enterprise_app.web.pages.people.shapes import PersonRow, row_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import choice_of, id_of
from enterprise_app.web.shell.lists import Choice, Day, listed, showing
from enterprise_app.web.shell.toasts import toast

WAY_BACK = {ProfileAction.ARCHIVE: ProfileAction.RESTORE, ProfileAction.RESTORE: ProfileAction.ARCHIVE}


@dataclass(frozen=True)
class Country:
    """The filter by country: a code in any case, or a name as it was said."""

    word: str = "country"
    typed: bool = True

    def taken(self, raw: str) -> str:
        """Any text, cut."""
        return raw.strip()[:60]

    def condition(self, ctx: Context, value: str) -> str:
        """Equal to it."""
        return f"country:eq:{value.upper() if len(value) == 2 else value}"


class PeopleState(
    listed(
        Permission.PROFILES_READ,
        Choice("stage", Stage),
        Choice("origin", Origin),
        Choice("has_email", ("true", "false")),
        Choice("archived", ("true",)),
        Country(),
        Day("since", "active_at"),
    ),
    rx.State,
):
    """What the page of people shows now."""

    rows: list[PersonRow] = []
    chosen: list[str] = []

    @action(Permission.PROFILES_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        query = self._query(ctx, service.LISTING)
        async with tenant_session(ctx) as session:
            page = await service.list_profiles(session, ctx, query)
        self.rows = [row_of(ctx, person) for person in page.items]
        self._turned(page)
        self.chosen = [key for key in self.chosen if key in {row.id for row in self.rows}]

    @action(Permission.PROFILES_READ)
    async def choose(self, key: str, ticked: bool) -> None:
        """Tick a row for a bulk action."""
        known = {row.id for row in self.rows}
        self.chosen = sorted(({*self.chosen, key} if ticked else {*self.chosen} - {key}) & known)

    @action(Permission.PROFILES_READ)
    async def choose_all(self, ticked: bool) -> None:
        """Tick every row of this page, or none."""
        self.chosen = [row.id for row in self.rows] if ticked else []

    @action(Permission.PROFILES_MANAGE)
    async def act_on_chosen(self, ctx: Context, name: str, stage: str) -> None:
        """Do it to every ticked person; those that refuse are named."""
        names = {row.id: row.name for row in self.rows}
        ids = [id_of(key) for key in self.chosen]
        wanted = choice_of(ProfileAction, name)
        async with tenant_session(ctx) as session:
            to = choice_of(Stage, stage, "stage") if wanted is ProfileAction.SET_STAGE else None
            results = (await service.act_on_profiles(session, ctx, wanted, ids, to)).results
        self.chosen = []
        done = sum(result.done for result in results)
        await toast(self, "success", translate(ctx.locale, "people.bulk.done", count=done))
        refused = [names.get(str(result.id), "") for result in results if not result.done]
        if refused:
            shown = localization.format_list(refused[:5], ctx.locale)
            text = translate(ctx.locale, "people.bulk.refused", count=len(refused), names=shown)
            await toast(self, "warning", text)
        await self._load(ctx)

    @action(Permission.PROFILES_MANAGE)
    async def set_stage(self, ctx: Context, key: str, stage: str) -> None:
        """One person to another stage; the message offers the way back."""
        wanted = choice_of(Stage, stage, "stage")
        before = next((row.stage for row in self.rows if row.id == key), "")
        async with tenant_session(ctx) as session:
            person = await service.set_stage(session, ctx, id_of(key), wanted)
        text = translate(ctx.locale, f"people.done.{wanted.value}", name=person.name)
        undo = PeopleState.set_stage(key, before) if before and before != wanted.value else None
        await toast(self, "success", text, undo=undo)
        await self._load(ctx)

    @action(Permission.PROFILES_MANAGE)
    async def put(self, ctx: Context, key: str, name: str) -> None:
        """Archive one person, or bring it back; the message offers the other."""
        wanted = choice_of(ProfileAction, name)
        act = service.archive_profile if wanted is ProfileAction.ARCHIVE else service.restore_profile
        async with tenant_session(ctx) as session:
            person = await act(session, ctx, id_of(key))
        back = WAY_BACK.get(wanted, ProfileAction.ARCHIVE)
        text = translate(ctx.locale, f"people.done.{wanted.value}", name=person.name)
        await toast(self, "success", text, undo=PeopleState.put(key, back.value))
        await self._load(ctx)
