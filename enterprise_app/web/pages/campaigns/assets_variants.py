"""Variants of a campaign's assets: asked for, looked at side by side, and made."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.jobs import JobState
from enterprise_app.core.texts import has_text, translate
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import Asset
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.generating_schemas import (
    ASSETS_MAX,
    GenerateRequest,
    GenerationRun,
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
    run: str = ""
    running: bool = False
    percent: int = 0
    progress: str = ""
    made: str = ""
    errors: dict[str, str] = {}
    _draft: dict[str, Any] = {}

    @action(Permission.EXPERIMENTS_CREATE, feature=Feature.EXPERIMENTS)
    async def open(self, ctx: Context, key: str, asset_id: str) -> None:
        """The dialog for a campaign; the newest asset that is no variant is chosen at first, or the one named."""
        self.reset()
        async with tenant_session(ctx) as session:
            query = campaigns.ASSETS.parse(limit=OFFERED)
            page = await campaigns.list_assets(session, ctx, query, campaign_id=id_of(key))
            run = await service.find_generation(session, ctx, id_of(key))
        found = [asset for asset in page.items if _variable(asset)]
        self.choices = [AssetChoice(id=str(asset.id), name=asset.name) for asset in found]
        first = [str(a.id) for a in found if str(a.id) == asset_id] or [str(a.id) for a in found if a.parent_id is None]
        self.key, self.assets, self.shown = key, first[:1], True
        if run is not None:
            self._tell(ctx, run)

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
    async def make(self, ctx: Context) -> AsyncIterator[None]:
        """Have the worker make the chosen ones as assets of the campaign."""
        if self.running:
            return
        self.busy = True
        yield
        try:
            with told_at("asset_ids"):
                wanted = checked(GenerateRequest, {**self._draft, "only": self.chosen})
                async with tenant_session(ctx) as session:
                    run = await service.start_generation(session, ctx, wanted)
        finally:
            self.busy = False
        self._tell(ctx, run)

    @action(Permission.EXPERIMENTS_CREATE)
    async def follow(self, ctx: Context) -> EventSpec | None:
        """How far it is by now; at its end, what came of it."""
        if not self.running:
            return None
        async with tenant_session(ctx) as session:
            run = await service.get_generation(session, ctx, id_of(self.run))
        self._tell(ctx, run)
        if run.state is JobState.DONE:
            await toast(self, "success", translate(ctx.locale, "assets.variants.made"))
        return None if self.running else CampaignAssetsState.load()

    @action(Permission.EXPERIMENTS_CREATE)
    async def stop(self, ctx: Context) -> None:
        """Make no more; those that were made stay."""
        async with tenant_session(ctx) as session:
            run = await service.cancel_generation(session, ctx, id_of(self.run))
        self._tell(ctx, run)

    @action(Permission.EXPERIMENTS_CREATE, feature=Feature.EXPERIMENTS)
    async def experiment(self, ctx: Context) -> EventSpec | None:
        """A draft that tests what was made against the originals, opened in its editor."""
        if not self.made:
            return None
        async with tenant_session(ctx) as session:
            draft = await service.draft_experiment(session, ctx, id_of(self.run))
        self.reset()
        return rx.redirect(f"/experiments/{draft.id}/edit")

    def _tell(self, ctx: Context, run: GenerationRun) -> None:
        self.run, self.running = str(run.id), run.state in (JobState.QUEUED, JobState.RUNNING)
        self.percent = run.done * 100 // run.total if run.total else 0
        done, total = (localization.format_number(number, ctx.locale) for number in (run.done, run.total or 0))
        key = "making" if run.total else "waiting"
        self.progress = translate(ctx.locale, f"assets.variants.{key}", done=done, total=total)
        self.made, self.errors = "", {}
        if run.result is not None:
            number = localization.format_number(len(run.result.variants), ctx.locale)
            self.made = translate(ctx.locale, "assets.variants.done", number=number)
        elif run.state is JobState.FAILED:
            code = f"errors.{run.error}"
            why = translate(ctx.locale, code) if has_text(code) else translate(ctx.locale, "errors.internal")
            self.errors = {"asset_ids": why}
        elif run.state is JobState.CANCELLED:
            self.errors = {"asset_ids": translate(ctx.locale, "assets.variants.stopped")}

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
    title = translate(ctx.locale, "assets.variants.control")
    if not variant.is_control:
        title = service.variant_name(variant.key, ctx.locale)
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
