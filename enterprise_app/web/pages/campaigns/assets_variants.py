"""Variants of a campaign's assets: asked for, looked at side by side, and made."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import Asset
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.generating_schemas import (
    ASSETS_MAX,
    GenerateRequest,
    PlannedSample,
    Sample,
    VariantKind,
)
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.campaigns.assets import CampaignAssetsState
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.toasts import toast

OFFERED = 50
DOC_MAX = 60_000
"""A longer page is not carried to the browser for every variant."""
_WORDS = ("product", "offer", "audience")
_TEXTS = ("headline", "call_to_action")


class AssetChoice(BaseModel):
    """An asset that can be varied."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str


class SampleView(BaseModel):
    """How an asset looks in a variant; kind is image, html, text or none."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    src: str = ""
    doc: str = ""


class VariantView(BaseModel):
    """A variant of the plan."""

    model_config = ConfigDict(frozen=True)

    key: str
    title: str
    is_control: bool
    colour: str = ""
    contrast: str = ""
    words: str = ""
    code: str = ""
    samples: list[SampleView] = []


class VariantsState(rx.State):
    """What the dialog of variants shows."""

    shown: bool = False
    busy: bool = False
    key: str = ""
    choices: list[AssetChoice] = []
    assets: list[str] = []
    kinds: list[str] = [kind.value for kind in VariantKind]
    variants: list[VariantView] = []
    chosen: list[str] = []
    asked: bool = False
    left_out: str = ""
    errors: dict[str, str] = {}
    _draft: dict[str, Any] = {}

    @action(Permission.EXPERIMENTS_CREATE, feature=Feature.EXPERIMENTS)
    async def open(self, ctx: Context, key: str, asset_id: str) -> None:
        """The dialog for a campaign; the newest asset that is no variant is chosen at first, or the one named."""
        self.reset()
        async with tenant_session(ctx) as session:
            query = campaigns.ASSETS.parse(limit=OFFERED)
            page = await campaigns.list_assets(session, ctx, query, campaign_id=id_of(key))
        found = [asset for asset in page.items if _variable(asset)]
        self.choices = [AssetChoice(id=str(asset.id), name=asset.name) for asset in found]
        first = [str(a.id) for a in found if str(a.id) == asset_id] or [str(a.id) for a in found if a.parent_id is None]
        self.key, self.assets, self.shown = key, first[:1], True

    @action(Permission.EXPERIMENTS_CREATE)
    async def close(self) -> None:
        """Put away, with all that was shown."""
        self.reset()

    @action(Permission.EXPERIMENTS_CREATE)
    async def choose_asset(self, asset_id: str) -> None:
        """Take one in, or leave it out; at most three."""
        self.assets = _toggled(self.assets, asset_id)[-ASSETS_MAX:]

    @action(Permission.EXPERIMENTS_CREATE)
    async def choose_kind(self, kind: str) -> None:
        """Vary it, or not; at least one."""
        self.kinds = _toggled(self.kinds, kind) or self.kinds

    @action(Permission.EXPERIMENTS_CREATE)
    async def choose(self, key: str) -> None:
        """Make the variant, or not."""
        self.chosen = _toggled(self.chosen, key)

    @action(Permission.EXPERIMENTS_CREATE, feature=Feature.EXPERIMENTS)
    async def preview(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """Plan and show; what was asked for is what will be made."""
        self.busy = True
        yield
        try:
            draft = checked(GenerateRequest, self._asked(ctx, form))
            with told_at("asset_ids"):
                async with tenant_session(ctx) as session:
                    plan = await service.preview_variants(session, ctx, draft)
        finally:
            self.busy = False
        self._draft = draft.model_dump(mode="json")
        self.variants = [_view(ctx, variant) for variant in plan.variants]
        self.chosen = [v.key for v in plan.variants if not v.is_control]
        number = localization.format_number(len(plan.left_out), ctx.locale)
        self.left_out = translate(ctx.locale, "assets.variants.more", number=number) if plan.left_out else ""
        self.asked = True

    @action(Permission.EXPERIMENTS_CREATE, feature=Feature.EXPERIMENTS)
    async def make(self, ctx: Context) -> AsyncIterator[EventSpec | None]:
        """Make the chosen ones as assets of the campaign."""
        self.busy = True
        yield
        try:
            with told_at("asset_ids"):
                wanted = checked(GenerateRequest, {**self._draft, "only": self.chosen})
                await service.generate_variants(ctx, wanted)
        finally:
            self.busy = False
        self.reset()
        await toast(self, "success", translate(ctx.locale, "assets.variants.made"))
        yield CampaignAssetsState.load()

    def _asked(self, ctx: Context, form: dict[str, Any]) -> dict[str, Any]:
        colour = {name: text for name in ("base", "background") if (text := text_of(form, name))}
        words = {name: text for name in _WORDS if (text := text_of(form, name))}
        return {
            "asset_ids": self.assets, "kinds": self.kinds, "colour": colour,
            "text": words | {"use": text_of(form, "use") or "headline"}, "seed": text_of(form, "seed") or "0",
            "locale": ctx.locale,
        }  # fmt: skip


def _variable(asset: Asset) -> bool:
    return asset.kind.value != "video" and asset.content_type != "image/gif"


def _toggled(values: list[str], value: str) -> list[str]:
    return [v for v in values if v != value] if value in values else [*values, value]


def _view(ctx: Context, variant: PlannedSample) -> VariantView:
    kind, _, number = variant.key.rpartition("_")
    title = translate(ctx.locale, "assets.variants.control")
    if not variant.is_control:
        word = f"use.{kind}" if kind in _TEXTS else f"kind.{kind}"
        number = localization.format_number(int(number), ctx.locale)
        title = f"{translate(ctx.locale, f'assets.variants.{word}')} {number}"
    contrast = ""
    if variant.colour:
        shown = localization.format_number(variant.colour.contrast, ctx.locale)
        contrast = translate(ctx.locale, "assets.variants.contrast", contrast=shown)
    layout = {n: v for n, v in variant.changes.items() if n not in ("colour", *_TEXTS)}
    return VariantView(
        key=variant.key, title=title, is_control=variant.is_control,
        colour=str(variant.changes.get("colour", "")), contrast=contrast,
        words=str(next((variant.changes[n] for n in _TEXTS if n in variant.changes), "")),
        code="\n".join(f"--{n.replace('_', '-')}: {v}" for n, v in layout.items()),
        samples=[_sample(sample) for sample in variant.samples],
    )  # fmt: skip


def _sample(sample: Sample) -> SampleView:
    if not sample.data or (sample.encoding == "text" and len(sample.data) > DOC_MAX):
        return SampleView(name=sample.name, kind="none")
    if sample.encoding == "base64":
        return SampleView(name=sample.name, kind="image", src=f"data:{sample.content_type};base64,{sample.data}")
    return SampleView(name=sample.name, kind="html" if sample.content_type == "text/html" else "text", doc=sample.data)
