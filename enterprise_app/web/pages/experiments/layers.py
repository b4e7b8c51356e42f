"""Layers and hold-outs: two short lists on one page, made and renamed in a dialog."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import (
    Holdout,
    HoldoutChange,
    HoldoutDraft,
    Layer,
    LayerChange,
    LayerDraft,
)
from enterprise_app.domains.experiments.vocabulary import LayerAction
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.rows import share_of
from enterprise_app.web.pages.experiments.shapes import when
from enterprise_app.web.shell.acting import Acts
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.toasts import toast

LAYER, HOLDOUT = "layer", "holdout"
WORDS = ("name", "key", "description", "share")
MOST = 200
_BACK = {LayerAction.ARCHIVE: LayerAction.RESTORE, LayerAction.RESTORE: LayerAction.ARCHIVE}
LAYER_ACTS = Acts(LayerAction, service.act_on_layer, lambda act: f"experiments.layer.done.{act.value}", _BACK)
HOLDOUT_ACTS = Acts(LayerAction, service.act_on_holdout, lambda act: f"experiments.layer.done.{act.value}", _BACK)


class GroupLine(BaseModel):
    """One layer or hold-out."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    key: str
    description: str
    share: str
    created: str


class LayersState(rx.State):
    """What the page of layers and hold-outs shows, and its dialog."""

    loading: bool = True
    failed: bool = False
    layers: list[GroupLine] = []
    holdouts: list[GroupLine] = []
    open: str = ""
    saving: bool = False
    key: str = ""
    values: dict[str, str] = dict.fromkeys(WORDS, "")
    errors: dict[str, str] = {}
    _version: int = 0

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """All that are not archived."""
        with showing(self):
            async with tenant_session(ctx) as session:
                layers = await service.list_layers(session, ctx, service.LAYERS.parse(limit=MOST, sort="name"))
                holdouts = await service.list_holdouts(session, ctx, service.HOLDOUTS.parse(limit=MOST, sort="name"))
            self.layers = [_line(ctx, one) for one in layers.items]
            self.holdouts = [_line(ctx, one) for one in holdouts.items]

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EXPERIMENTS_CREATE)
    async def start(self, kind: str) -> None:
        """An empty form."""
        self._clear()
        self.open = kind if kind in (LAYER, HOLDOUT) else ""

    @action(Permission.EXPERIMENTS_UPDATE)
    async def edit(self, ctx: Context, kind: str, key: str) -> None:
        """The form of one as it is now."""
        self._clear()
        get = service.get_holdout if kind == HOLDOUT else service.get_layer
        async with tenant_session(ctx) as session:
            one = await get(session, ctx, id_of(key))
        self.key, self._version = key, one.version
        self.values = {"name": one.name, "key": one.key, "description": one.description, "share": ""}
        self.open = HOLDOUT if kind == HOLDOUT else LAYER

    @action(Permission.EXPERIMENTS_READ)
    async def close(self) -> None:
        """What was typed is forgotten."""
        self._clear()

    def _clear(self) -> None:
        self.open, self.key, self.saving, self.errors = "", "", False, {}
        self.values = dict.fromkeys(WORDS, "")

    @action(Permission.EXPERIMENTS_UPDATE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create or change; the services check the rights for each."""
        if self.saving:
            return
        self.values = {name: text_of(form, name) or (self.values[name] if name == "key" else "") for name in WORDS}
        self.saving = True
        yield
        try:
            with told_at("name"):
                one = await (self._change(ctx) if self.key else self._create(ctx))
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "experiments.form.saved", name=one.name))
        self._clear()
        yield LayersState.load

    async def _create(self, ctx: Context) -> Layer | Holdout:
        values: dict[str, Any] = {name: self.values[name] for name in ("name", "key", "description")}
        async with tenant_session(ctx) as session:
            if self.open == HOLDOUT:
                share = share_of(ctx, self.values["share"], "share")
                return await service.create_holdout(session, ctx, checked(HoldoutDraft, values | {"share": share}))
            return await service.create_layer(session, ctx, checked(LayerDraft, values))

    async def _change(self, ctx: Context) -> Layer | Holdout:
        values = {name: self.values[name] for name in ("name", "description")}
        async with tenant_session(ctx) as session:
            if self.open == HOLDOUT:
                change = checked(HoldoutChange, values)
                return await service.update_holdout(session, ctx, id_of(self.key), self._version, change)
            return await service.update_layer(
                session, ctx, id_of(self.key), self._version, checked(LayerChange, values)
            )

    @action(Permission.EXPERIMENTS_RUN)
    async def put(self, ctx: Context, kind: str, key: str, name: str) -> EventSpec:
        """Archive one or bring it back; the message offers the other."""
        acts = HOLDOUT_ACTS if kind == HOLDOUT else LAYER_ACTS
        await acts.do(self, ctx, key, name, undo=lambda back: LayersState.put(kind, key, back))
        return LayersState.load()


def _line(ctx: Context, one: Layer | Holdout) -> GroupLine:
    share = localization.format_percent(one.share, ctx.locale, 2) if isinstance(one, Holdout) else ""
    return GroupLine(
        id=str(one.id),
        name=one.name,
        key=one.key,
        description=one.description,
        share=share,
        created=when(ctx, one.created_at),
    )
