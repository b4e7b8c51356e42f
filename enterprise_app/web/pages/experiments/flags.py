"""The list of flags: switched on and off here, with a question before what takes something from everybody."""

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import Flag
from enterprise_app.domains.experiments.vocabulary import FlagAction, FlagKind
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.shapes import when
from enterprise_app.web.shell.acting import Acts
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.lists import Choice, counted, listed, showing
from enterprise_app.web.shell.toasts import toast

WAY_BACK = {FlagAction.ARCHIVE: FlagAction.RESTORE, FlagAction.RESTORE: FlagAction.ARCHIVE}
ACTS = Acts(FlagAction, service.act_on_flag, lambda act: f"experiments.flag.done.{act.value}", WAY_BACK)


class FlagLine(BaseModel):
    """One flag in a list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    key: str
    href: str
    kind: str
    enabled: bool
    variations: str
    rules: str
    experiment: str
    updated: str
    archived: bool


class FlagsState(
    listed(
        Permission.FLAGS_READ,
        Choice("kind", FlagKind),
        Choice("enabled", ("true", "false")),
        Choice("archived", ("true",)),
    ),
    rx.State,
):
    """What the page of all flags shows now."""

    rows: list[FlagLine] = []
    asking: str = ""
    asking_name: str = ""

    @action(Permission.FLAGS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        query = self._query(ctx, service.FLAGS)
        async with tenant_session(ctx) as session:
            page = await service.list_flags(session, ctx, query, count=True)
        self.rows = [_line(ctx, flag) for flag in page.items]
        self._turned(page, counted(ctx, "experiments.flag.total", page.total))

    @action(Permission.FLAGS_MANAGE)
    async def ask(self, key: str) -> None:
        """Before a flag is switched off."""
        self.asking_name = next((row.name for row in self.rows if row.id == key), "")
        self.asking = key if self.asking_name else ""

    @action(Permission.FLAGS_READ)
    async def keep(self) -> None:
        """It stays on."""
        self.asking = ""

    @action(Permission.FLAGS_MANAGE)
    async def switch(self, ctx: Context, key: str, on: bool) -> None:
        """On, or off for everybody; the message offers the way back."""
        self.asking = ""
        await switched(self, ctx, key, on is True, undo=FlagsState.switch(key, on is not True))
        await self._load(ctx)

    @action(Permission.FLAGS_MANAGE)
    async def put(self, ctx: Context, key: str, name: str) -> None:
        """Archive it or bring it back; the message offers the other."""
        await ACTS.do(self, ctx, key, name, undo=lambda back: FlagsState.put(key, back))
        await self._load(ctx)


async def switched(state: rx.State, ctx: Context, key: str, on: bool, *, undo: EventSpec) -> Flag:
    """A flag on or off, said with the way back."""
    async with tenant_session(ctx) as session:
        flag = await service.switch_flag(session, ctx, id_of(key), on)
    word = "on" if flag.enabled else "off"
    await toast(state, "success", translate(ctx.locale, f"experiments.flag.done.{word}", name=flag.name), undo=undo)
    return flag


def _line(ctx: Context, flag: Flag) -> FlagLine:
    return FlagLine(
        id=str(flag.id),
        name=flag.name,
        key=flag.key,
        href=f"/flags/{flag.id}",
        kind=translate(ctx.locale, f"experiments.flag_kind.{flag.kind.value}"),
        enabled=flag.enabled,
        variations=localization.format_number(len(flag.variations), ctx.locale),
        rules=localization.format_number(len(flag.rules), ctx.locale),
        experiment=f"/experiments/{flag.experiment_id}" if flag.experiment_id else "",
        updated=when(ctx, flag.updated_at),
        archived=flag.archived_at is not None,
    )
