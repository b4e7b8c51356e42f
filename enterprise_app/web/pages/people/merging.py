"""The merge dialog: find the other one, see what would come of it, do it; the message undoes it."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import MergePreview
from enterprise_app.web.pages.people.one import PersonState
from enterprise_app.web.pages.people.shapes import Compared, PersonRow, compared, row_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import key_in

_FOUND = 8
_LONGEST = 200


class MergingState(rx.State):
    """What the dialog shows: first people to choose from, then what merging would make."""

    open: bool = False
    merging: bool = False
    searched: bool = False
    q: str = ""
    found: list[PersonRow] = []
    source: str = ""
    source_name: str = ""
    result_name: str = ""
    result_stage: str = ""
    rows: list[Compared] = []
    ids_text: str = ""
    errors: dict[str, str] = {}
    _target: str = ""

    @action(Permission.PROFILES_MANAGE)
    async def start(self, ctx: Context) -> None:
        """Open with who may be the same; else empty."""
        self.reset()
        self._target = key_in(self.router.url.path)
        async with tenant_session(ctx) as session:
            twins = await service.list_duplicates(session, ctx, id_of(self._target))
        self.found, self.open = [row_of(ctx, twin) for twin in twins], True

    @action(Permission.PROFILES_MANAGE)
    async def search(self, ctx: Context, q: str) -> None:
        """People by name, e-mail or id, without the one that is open."""
        self.q, self.searched = q[:_LONGEST], bool(q.strip())
        if not self.searched:
            self.found = []
            return
        async with tenant_session(ctx) as session:
            query = service.LISTING.parse(limit=_FOUND + 1, q=self.q)
            page = await service.list_profiles(session, ctx, query)
        others = [row_of(ctx, person) for person in page.items if str(person.id) != self._target]
        self.found = others[:_FOUND]

    @action(Permission.PROFILES_MANAGE)
    async def choose(self, ctx: Context, key: str) -> None:
        """Look at what merging with this one would make."""
        async with tenant_session(ctx) as session:
            preview = await service.preview_merge(session, ctx, id_of(self._target), id_of(key))
        self._preview(ctx, preview)

    @action(Permission.PROFILES_MANAGE)
    async def choose_twin(self, ctx: Context, key: str) -> None:
        """From the page's hint straight to what merging would make."""
        self.reset()
        self._target = key_in(self.router.url.path)
        async with tenant_session(ctx) as session:
            preview = await service.preview_merge(session, ctx, id_of(self._target), id_of(key))
        self._preview(ctx, preview)
        self.open = True

    def _preview(self, ctx: Context, preview: MergePreview) -> None:
        result = row_of(ctx, preview.result)
        self.source, self.source_name = str(preview.source.id), preview.source.name
        self.result_name, self.result_stage = result.name, result.stage_text
        self.rows = compared(preview.target, preview.source, preview.result)
        number = localization.format_number(preview.ids, ctx.locale)
        self.ids_text = translate(ctx.locale, "people.merge.ids", count=preview.ids, number=number)

    @action(Permission.PROFILES_MANAGE)
    async def back(self) -> None:
        """Choose somebody else."""
        self.source = ""

    @action(Permission.PROFILES_READ)
    async def close(self) -> None:
        """Nothing happened."""
        self.reset()

    @action(Permission.PROFILES_MANAGE)
    async def merge(self, ctx: Context) -> AsyncIterator[Any]:
        """Do it."""
        self.merging = True
        yield
        try:
            async with tenant_session(ctx) as session:
                done = await service.merge_profiles(session, ctx, id_of(self._target), id_of(self.source))
        finally:
            self.merging = False
        self.reset()
        text = translate(ctx.locale, "people.merge.merged", name=done.profile.name)
        await toast(self, "success", text, undo=PersonState.undo_merge(str(done.merge.id)))
        yield PersonState.load
