"""One person: who it is, what it did, what brought it, and whom it was merged with."""

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import Profile, ProfileChange, Trail
from enterprise_app.domains.profiles.vocabulary import ProfileAction, Stage
from enterprise_app.web.components.shapes import Entry
from enterprise_app.web.pages.people.shapes import (
    IdRow,
    MergeRow,
    PersonRow,
    TouchRow,
    TraitRow,
    entry_of,
    id_row,
    merge_row,
    row_of,
    touch_row,
    trait_rows,
    when,
)
from enterprise_app.web.pages.people.state import WAY_BACK
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import choice_of, id_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import key_in

EVENTS = 25
"""Events of one step back in time."""
_MOST_EVENTS = 500
_MERGES = 10


class PersonState(rx.State):
    """What the page of one person shows."""

    loading: bool = True
    missing: bool = False
    key: str = ""
    name: str = ""
    email: str = ""
    stage: str = ""
    stage_text: str = ""
    tone: str = "neutral"
    country: str = ""
    origin: str = ""
    first_seen: str = ""
    last_seen: str = ""
    created: str = ""
    archived: bool = False
    part_of: str = ""
    part_of_name: str = ""
    traits: list[TraitRow] = []
    ids: list[IdRow] = []
    merges: list[MergeRow] = []
    twins: list[PersonRow] = []
    sees_events: bool = False
    events: list[Entry] = []
    campaigns: list[TouchRow] = []
    older: str = ""
    loading_older: bool = False
    complete: bool = True
    _version: int = 0
    _words: str = ""

    @action(Permission.PROFILES_READ)
    async def load(self, ctx: Context) -> None:
        """Show the person that the URL names; what was shown of its past stays while it is the same."""
        key = key_in(self.router.url.path)
        words = f"{ctx.locale} {ctx.zone}"
        if (key, words) != (self.key, self._words):
            self.reset()
        self.key, self._words = key, words
        try:
            async with tenant_session(ctx) as session:
                person = await service.get_profile(session, ctx, id_of(key))
                self._show(ctx, person)
                if person.merged_into is None:
                    self.ids = [id_row(ctx, known) for known in await service.list_ids(session, ctx, person.id)]
                    twins = await service.list_duplicates(session, ctx, person.id)
                    self.twins = [row_of(ctx, twin) for twin in twins]
                    query = service.MERGES.parse(limit=_MERGES)
                    merges = (await service.list_merges(session, ctx, person.id, query)).items
                    self.merges = [merge_row(ctx, merge) for merge in merges]
                else:
                    root = await service.get_profile(session, ctx, person.merged_into)
                    self.part_of, self.part_of_name = str(root.id), root.name
        except NotFound:
            self.missing, self.loading = True, False
            return
        self.sees_events = ctx.can(Permission.EVENTS_READ)
        if self.sees_events and not self.part_of:
            await self._load_past(ctx)
        self.missing = self.loading = False

    def _show(self, ctx: Context, person: Profile) -> None:
        row = row_of(ctx, person)
        for name in ("name", "email", "stage", "stage_text", "tone", "country", "archived", "created"):
            setattr(self, name, getattr(row, name))
        self.origin = translate(ctx.locale, f"people.origin.{person.origin.value}")
        never = translate(ctx.locale, "people.never")
        self.first_seen = when(ctx, person.first_seen_at) or never
        self.last_seen = when(ctx, person.last_seen_at) or never
        self.traits, self._version = trait_rows(person), person.version
        self.part_of = self.part_of_name = ""

    async def _load_past(self, ctx: Context) -> None:
        """The newest events; those that were shown already stay below them, unless too much happened meanwhile."""
        async with tenant_session(ctx) as session:
            trail = await service.get_trail(session, ctx, id_of(self.key))
            page = await analytics.list_timeline(session, ctx, trail, analytics.TIMELINE.parse(limit=EVENTS))
            touched = await analytics.list_touched_campaigns(session, ctx, trail)
        newest = [entry_of(ctx, event) for event in page.items]
        known = {entry.id for entry in self.events}
        fresh = [entry for entry in newest if entry.id not in known]
        if self.events and len(fresh) < len(newest):
            self.events = [*fresh, *self.events][:_MOST_EVENTS]
        else:
            self.events, self.older = newest, page.next_cursor or ""
        self.campaigns = [touch_row(ctx, one) for one in touched]
        self.complete = trail.complete

    @action(Permission.EVENTS_READ)
    async def load_older(self, ctx: Context) -> None:
        """Further back in time, below what is shown."""
        if not self.older or len(self.events) >= _MOST_EVENTS:
            self.older = ""
            return
        async with tenant_session(ctx) as session:
            trail: Trail = await service.get_trail(session, ctx, id_of(self.key))
            query = analytics.TIMELINE.parse(limit=EVENTS, cursor=self.older)
            page = await analytics.list_timeline(session, ctx, trail, query)
        known = {entry.id for entry in self.events}
        entries = [entry_of(ctx, event) for event in page.items]
        self.events = [*self.events, *(entry for entry in entries if entry.id not in known)]
        self.older = page.next_cursor or ""

    @action(Permission.PROFILES_READ)
    async def leave(self) -> None:
        """A person's past is not kept for a page that is not open."""
        self.reset()

    @action(Permission.PROFILES_MANAGE)
    async def set_stage(self, ctx: Context, stage: str) -> None:
        """Lead, customer or lost; the message offers the way back."""
        wanted, before = choice_of(Stage, stage, "stage"), self.stage
        async with tenant_session(ctx) as session:
            person = await service.set_stage(session, ctx, id_of(self.key), wanted)
        self._show(ctx, person)
        undo = PersonState.set_stage(before) if before and before != wanted.value else None
        await toast(self, "success", translate(ctx.locale, f"people.done.{wanted.value}", name=person.name), undo=undo)

    @action(Permission.PROFILES_MANAGE)
    async def put(self, ctx: Context, name: str) -> None:
        """Archive it or bring it back; the message offers the other."""
        wanted = choice_of(ProfileAction, name)
        act = service.archive_profile if wanted is ProfileAction.ARCHIVE else service.restore_profile
        async with tenant_session(ctx) as session:
            person = await act(session, ctx, id_of(self.key))
        self._show(ctx, person)
        back = WAY_BACK.get(wanted, ProfileAction.ARCHIVE)
        text = translate(ctx.locale, f"people.done.{wanted.value}", name=person.name)
        await toast(self, "success", text, undo=PersonState.put(back.value))

    @action(Permission.PROFILES_MANAGE)
    async def drop_trait(self, ctx: Context, name: str) -> None:
        """Take a trait away; the message offers it back."""
        async with tenant_session(ctx) as session:
            before = (await service.get_profile(session, ctx, id_of(self.key))).traits.get(name)
            change = ProfileChange(traits={name: None})
            person = await service.update_profile(session, ctx, id_of(self.key), self._version, change)
        self._show(ctx, person)
        undo = PersonState.put_trait(name, before) if isinstance(before, str) else None
        await toast(self, "success", translate(ctx.locale, "people.trait.dropped", name=name), undo=undo)

    @action(Permission.PROFILES_MANAGE)
    async def put_trait(self, ctx: Context, name: str, value: str) -> None:
        """Give a trait back."""
        async with tenant_session(ctx) as session:
            change = ProfileChange(traits={name: value})
            person = await service.update_profile(session, ctx, id_of(self.key), self._version, change)
        self._show(ctx, person)

    @action(Permission.PROFILES_MANAGE)
    async def undo_merge(self, ctx: Context, merge_id: str) -> None:
        """Two people again; the page stays with the one that it shows."""
        async with tenant_session(ctx) as session:
            person = await service.undo_merge(session, ctx, id_of(merge_id))
        self.events, self.older = [], ""
        await toast(self, "success", translate(ctx.locale, "people.merge.undone", name=person.name))
