"""Variants of a campaign's assets (EXP-10): ideas from what is in use, a plan of at most five, and child assets.

The same draft on the same contents makes the same bytes, and making it twice makes nothing new: a child knows from
which content, seed and changes it came.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid, ReadOnly
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import Asset, Campaign

from ..generating_schemas import (
    ColourFacts,
    GenerateDraft,
    GenerateRequest,
    LeftOutIdea,
    MadeAsset,
    MadeVariant,
    MadeVariants,
    PlannedSample,
    Sample,
    VariantKind,
    VariantPlan,
)
from ..rules.generating.applying import (
    RASTERS,
    SVG,
    TEXTS,
    Current,
    Material,
    change,
    find_colour,
    find_current_text,
    find_layout,
)
from ..rules.generating.colours import ColourUse, ColourVariant, colour_ideas
from ..rules.generating.layouts import COUNT_MAX as LAYOUTS_MAX
from ..rules.generating.layouts import layout_ideas
from ..rules.generating.plans import Idea, LeftOut, Plan, PlannedVariant, RefusedIdea, Value, plan_variants
from ..rules.generating.texts import INPUT_MAX, TextKind, text_ideas

SHOWN_BYTES = 200_000
_READ = frozenset({*RASTERS, *TEXTS, SVG, "text/html", "text/css", "image/gif"})
_one_at_a_time = asyncio.Lock()
"""Recolouring a large picture takes a core and some hundred megabytes."""
Tell = Callable[[int, int], Awaitable[None]]


async def quietly(done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class _Given:
    """The assets with their contents; of pictures also the small ones, which are enough to look at."""

    campaign: Campaign
    assets: list[Asset]
    small: list[Material]


@dataclass(frozen=True, slots=True)
class _Made:
    """A plan, what is in use now, and how the colours of the plan are seen."""

    plan: Plan
    current: Current
    colours: dict[str, ColourVariant]


async def preview_variants(session: AsyncSession, ctx: Context, draft: GenerateDraft) -> VariantPlan:
    """The plan with how each asset looks in each variant. Nothing is stored.

    Raises FeatureMissing, Forbidden, AssetNotFound, Invalid (assets of two campaigns, archived; what can't be varied).
    """
    ctx.require(Permission.EXPERIMENTS_CREATE)
    ctx.require_feature(Feature.EXPERIMENTS)
    given = await _given(session, ctx, draft)
    made = await asyncio.to_thread(_plan, ctx, draft, given)
    samples = await asyncio.to_thread(lambda: [list(_samples(given, made, v)) for v in made.plan.variants])
    variants = [
        PlannedSample(
            key=v.key, is_control=v.is_control, parameters=v.parameters, changes=v.changes,
            colour=_facts(made, v.changes), samples=shown,
        )
        for v, shown in zip(made.plan.variants, samples, strict=True)
    ]  # fmt: skip
    left_out = [
        LeftOutIdea(kind=r.idea.kind, parameters=dict(r.idea.parameters), reason=r.reason.value)
        for r in made.plan.left_out
    ]
    return VariantPlan(
        campaign_id=given.campaign.id, seed=draft.seed, variants=variants, left_out=left_out,
        limit=made.plan.limit, limited_by=made.plan.limited_by.value,
    )  # fmt: skip


async def check_generation(session: AsyncSession, ctx: Context, draft: GenerateRequest) -> UUID:
    """Whether the variants could be made now; the campaign of the assets. Part of asking for them: the right to do so
    is checked there. Raises as `generate_variants`."""
    ctx.require_feature(Feature.EXPERIMENTS)
    if ctx.read_only:
        raise ReadOnly
    given = await _given(session, ctx, draft)
    _wanted((await asyncio.to_thread(_plan, ctx, draft, given)).plan, draft.only)
    return given.campaign.id


async def generate_variants(ctx: Context, draft: GenerateRequest, *, tell: Tell = quietly) -> MadeVariants:
    """Make the planned variants: a child asset of each asset that one changes. In transactions of its own; `tell`
    hears how many of how many assets are done.

    Raises what `preview_variants` and `campaigns.create_variant` raise, and Invalid for keys that are not in the plan.
    """
    ctx.require(Permission.EXPERIMENTS_CREATE)
    ctx.require_feature(Feature.EXPERIMENTS)
    if ctx.read_only:
        raise ReadOnly
    async with tenant_session(ctx) as session:
        given = await _given(session, ctx, draft)
        contents = [
            Material(a.content_type, await campaigns.read_asset(session, ctx, a.id), (a.frames or 1) > 1)
            for a in given.assets
        ]
        children = [await _children(session, ctx, a.id) for a in given.assets]
    made = await asyncio.to_thread(_plan, ctx, draft, given)
    wanted = _wanted(made.plan, draft.only)
    total, variants = len(wanted) * len(given.assets), []
    for variant in wanted:
        assets = []
        for asset, content, known in zip(given.assets, contents, children, strict=True):
            await tell(len(variants) * len(given.assets) + len(assets), total)
            assets.append(await _child(ctx, draft, made.current, variant, asset, content, known))
        variants.append(_made(variant, [a for a in assets if a]))
    await tell(total, total)
    return MadeVariants(
        campaign_id=given.campaign.id, seed=draft.seed, asset_ids=[a.id for a in given.assets],
        control=_control(made.current), variants=variants,
    )  # fmt: skip


def _made(variant: PlannedVariant, assets: list[MadeAsset]) -> MadeVariant:
    return MadeVariant(key=variant.key, changes=variant.changes, parameters=variant.parameters, assets=assets)


async def _given(session: AsyncSession, ctx: Context, draft: GenerateDraft) -> _Given:
    assets = [await campaigns.get_asset(session, ctx, asset_id) for asset_id in draft.asset_ids]
    for asset in assets:
        if asset.campaign_id != assets[0].campaign_id:
            raise Invalid.of("asset_ids", "variant_campaigns")
        if asset.archived_at is not None:
            raise Invalid.of("asset_ids", "asset_archived")
        if asset.content_type not in _READ:
            raise Invalid.of("asset_ids", "variant_type", content_type=asset.content_type)
    campaign = await campaigns.get_campaign(session, ctx, assets[0].campaign_id)
    return _Given(campaign, assets, [await _small(session, ctx, asset) for asset in assets])


async def _small(session: AsyncSession, ctx: Context, asset: Asset) -> Material:
    """Of a picture its thumbnail: a colour looks the same in it, and it is small."""
    if asset.content_type.startswith("image/") and asset.content_type != SVG:
        thumbnail = await campaigns.get_asset_thumbnail(session, ctx, asset.id)
        return Material("image/webp", thumbnail.content, asset.content_type == "image/gif" or (asset.frames or 1) > 1)
    return Material(asset.content_type, await campaigns.read_asset(session, ctx, asset.id))


def _plan(ctx: Context, draft: GenerateDraft, given: _Given) -> _Made:
    current = _current(draft, given)
    colours: dict[str, ColourVariant] = {}
    ideas = [
        *_colours(draft, current, colours),
        *_texts(ctx, draft, given.campaign, current),
        *_layouts(draft, current, given.small),
    ]
    useful = [i for i in ideas if _has_effect(given.small, current, i.parameters)]
    plan = plan_variants(
        _control(current), useful, limit=draft.limit, expected_units=draft.expected_units, min_units=draft.min_units
    )
    idle = tuple(RefusedIdea(i, LeftOut.NO_EFFECT) for i in ideas if i not in useful)
    return _Made(Plan(plan.variants, plan.left_out + idle, plan.limit, plan.limited_by), current, colours)


def _current(draft: GenerateDraft, given: _Given) -> Current:
    """What is in use now; only of the kinds that are asked for."""
    kind = TextKind(draft.text.use.value)
    wanted = draft.kinds
    found = draft.colour.base if VariantKind.COLOUR in wanted else None
    if VariantKind.COLOUR in wanted and found is None:
        # What is written is exact; a small picture has lost a little.
        exact = sorted(given.small, key=lambda m: m.content_type in RASTERS)
        found = next((c for m in exact if (c := find_colour(m))), None)
    text = next((t for m in given.small if (t := find_current_text(m, kind))), None)
    layout = next((x for m in given.small if (x := find_layout(m))), None)
    texts = {kind: text} if text and VariantKind.TEXT in wanted else {}
    return Current(found, texts, layout if VariantKind.LAYOUT in wanted else None)


def _control(current: Current) -> dict[str, Value]:
    colour: dict[str, Value] = {} if current.colour is None else {"colour": current.colour}
    texts: dict[str, Value] = {kind.value: text for kind, text in current.texts.items()}
    return {**colour, **texts, **(current.layout.values() if current.layout else {})}


def _colours(draft: GenerateDraft, current: Current, seen: dict[str, ColourVariant]) -> Iterator[Idea]:
    if current.colour is None or not draft.counts.colour:
        return
    wish = draft.colour
    found = colour_ideas(
        current.colour, background=wish.background, use=ColourUse(wish.place.value), palette=wish.palette,
        count=draft.counts.colour, seed=draft.seed,
    )  # fmt: skip
    for variant in found.variants:
        seen[variant.colour] = variant
        yield Idea("colour", {"colour": variant.colour})


def _texts(ctx: Context, draft: GenerateDraft, campaign: Campaign, current: Current) -> Iterator[Idea]:
    kind, wish = TextKind(draft.text.use.value), draft.text
    if kind not in current.texts or not draft.counts.text:
        return
    found = text_ideas(
        kind, draft.objective or campaign.objective, draft.locale or ctx.locale or "en",
        product=wish.product or campaign.name[: INPUT_MAX["product"]], offer=wish.offer, audience=wish.audience,
        current=current.texts[kind], count=draft.counts.text, seed=draft.seed, max_length=wish.max_length,
    )  # fmt: skip
    yield from (Idea(kind.value, {kind.value: variant.text}) for variant in found.variants)


def _layouts(draft: GenerateDraft, current: Current, materials: list[Material]) -> Iterator[Idea]:
    """Only of parameters that the assets declare, each change of an idea: half of one would be another idea."""
    if current.layout is None or not draft.counts.layout:
        return
    ideas = (Idea("layout", v.changes) for v in layout_ideas(current.layout, count=LAYOUTS_MAX, seed=draft.seed))
    useful = (i for i in ideas if all(_has_effect(materials, current, {n: v}) for n, v in i.parameters.items()))
    yield from islice(useful, draft.counts.layout)


def _has_effect(materials: list[Material], current: Current, changes: Mapping[str, Value]) -> bool:
    return any(change(m, current, changes) is not None for m in materials)


def _facts(made: _Made, changes: Mapping[str, Value]) -> ColourFacts | None:
    seen = made.colours.get(str(changes.get("colour", "")))
    if seen is None:
        return None
    return ColourFacts(
        contrast=seen.contrast, difference=seen.difference, label=seen.label, label_contrast=seen.label_contrast
    )


def _samples(given: _Given, made: _Made, variant: PlannedVariant) -> Iterator[Sample]:
    for asset, material in zip(given.assets, given.small, strict=True):
        changed = change(material, made.current, variant.changes)
        data = material.data if changed is None else changed
        text = material.content_type.startswith("text/")
        shown = data if len(data) <= SHOWN_BYTES else b""
        yield Sample(
            asset_id=asset.id, name=asset.name, content_type=material.content_type, changed=changed is not None,
            encoding="text" if text else "base64",
            data=shown.decode("utf-8") if text else base64.b64encode(shown).decode(),
        )  # fmt: skip


def _wanted(plan: Plan, only: list[str]) -> list[PlannedVariant]:
    variants = [v for v in plan.variants if not v.is_control]
    if unknown := set(only) - {v.key for v in variants}:
        raise Invalid.of("only", "variant_unknown", keys=", ".join(sorted(unknown)))
    return [v for v in variants if not only or v.key in only]


async def _children(session: AsyncSession, ctx: Context, parent_id: UUID) -> dict[str, Asset]:
    """What was generated from the asset before and is not archived, by its fingerprint."""
    query = campaigns.ASSETS.parse(limit=200, filters=[f"parent_id:eq:{parent_id}"])
    page = await campaigns.list_assets(session, ctx, query)
    return {str(a.generator["fingerprint"]): a for a in page.items if a.generator and "fingerprint" in a.generator}


async def _child(
    ctx: Context,
    draft: GenerateDraft,
    current: Current,
    variant: PlannedVariant,
    asset: Asset,
    content: Material,
    known: Mapping[str, Asset],
) -> MadeAsset | None:
    """The asset in the variant; None where the variant doesn't change it."""
    generator = _generator(draft, current, variant, asset)
    if (there := known.get(str(generator["fingerprint"]))) is not None:
        return _told(there, asset.id, fresh=False)
    began = perf_counter()
    async with _one_at_a_time:
        changed = await asyncio.to_thread(change, content, current, variant.changes)
    if changed is None:
        return None
    stem, suffix = PurePath(asset.name).stem, PurePath(asset.name).suffix
    child = await campaigns.create_variant(
        ctx, asset.id, changed, name=f"{stem} {variant.key}{suffix}", generator=generator,
        seconds=round(perf_counter() - began, 3),
    )  # fmt: skip
    return _told(child, asset.id, fresh=True)


def _generator(draft: GenerateDraft, current: Current, variant: PlannedVariant, asset: Asset) -> dict[str, Any]:
    """What made it, and a fingerprint of content and changes: equal ones make equal bytes."""
    base = {name: value for name, value in _control(current).items() if name in variant.changes}
    made: dict[str, Any] = {
        "by": "experiments.variants", "key": variant.key, "seed": draft.seed, "changes": dict(variant.changes),
        "from": base, "parent_version": asset.number, "parent_sha256": asset.sha256,
    }  # fmt: skip
    told = json.dumps({n: made[n] for n in ("changes", "from", "parent_sha256")}, sort_keys=True, ensure_ascii=True)
    return made | {"fingerprint": hashlib.sha256(told.encode()).hexdigest()}


def _told(asset: Asset, parent_id: UUID, *, fresh: bool) -> MadeAsset:
    return MadeAsset(
        asset_id=asset.id, parent_id=parent_id, name=asset.name, content_type=asset.content_type, size=asset.size,
        sha256=asset.sha256, fresh=fresh,
    )  # fmt: skip
