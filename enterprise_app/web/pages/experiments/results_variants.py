"""The variants side by side as their users get them: what the flag answers, and the assets that it names."""

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import Asset
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import Experiment, Variant
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.actions import key_in
from enterprise_app.web.pages.experiments.results_shapes import names_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of

ASSETS = "assets"
"""Where an answer lists the ids of the assets that it stands for."""
ASSETS_MAX = 6
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\Z")
_WORD = re.compile(r"[a-z]+(?:_[a-z]+)+\Z")
_LONGEST = 4000
_SCALARS = (str, int, float, bool)


class Parameter(Shape):
    """One of the things that a variant sets; `differs`: not as in the control."""

    name: str
    value: str
    colour: bool = False
    differs: bool = False


class AssetLook(Shape):
    """An asset of a variant: a picture by its address, a page or a text in a frame by its own. `before`: the control's
    in its place, where that is another one."""

    id: str
    name: str
    kind: str
    src: str = ""
    large: str = ""
    before: str = ""
    before_kind: str = ""


class VariantCard(Shape):
    """A variant; kind says how its value is shown: colour, text, json, parameters or key (it has none but its key)."""

    id: str
    name: str
    hue: int
    weight: str
    control: bool
    kind: str
    shown: str
    parameters: list[Parameter] = []
    assets: list[AssetLook] = []


class VariantsState(rx.State):
    """What the tab shows, and the asset that is looked at large."""

    loading: bool = True
    cards: list[VariantCard] = []
    control_name: str = ""
    opened: str = ""
    opened_variant: str = ""
    looked: AssetLook = AssetLook(id="", name="", kind="none")

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Of the experiment that the URL names."""
        try:
            async with tenant_session(ctx) as session:
                experiment = await service.get_experiment(session, ctx, id_of(key_in(self.router.url.path)))
                assets = await _assets(session, ctx, experiment)
        except NotFound:
            return
        finally:
            self.loading = False
        by_key, names = {v.key: v for v in experiment.variants}, names_of(experiment)
        control = next(v for v in experiment.variants if v.is_control)
        self.control_name = names[control.key]
        self.cards = [
            card_of(ctx, by_key[key], name, n, control, assets) for n, (key, name) in enumerate(names.items())
        ]

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EXPERIMENTS_READ)
    async def open(self, variant: str, asset_id: str) -> None:
        """Look at an asset large, beside the control's."""
        card = next((card for card in self.cards if card.id == variant), None)
        found = next((one for one in card.assets if one.id == asset_id), None) if card else None
        if card and found:
            self.opened, self.opened_variant, self.looked = asset_id, card.name, found

    @action(Permission.EXPERIMENTS_READ)
    async def close(self) -> None:
        """Back to all of them."""
        self.opened = ""


async def _assets(session: AsyncSession, ctx: Context, experiment: Experiment) -> dict[UUID, Asset]:
    """Those that the variants name, as far as the reader may see them."""
    wanted = {asset_id for variant in experiment.variants for asset_id in asset_ids(variant)}
    found = {}
    for asset_id in wanted if ctx.can(Permission.ASSETS_READ) else ():
        try:
            found[asset_id] = await campaigns.get_asset(session, ctx, asset_id)
        except NotFound:
            continue
    return found


def asset_ids(variant: Variant) -> list[UUID]:
    """What the variant's value names under `assets`; whatever else stands there is none."""
    named = variant.value.get(ASSETS) if isinstance(variant.value, Mapping) else None
    found = []
    for text in named[:ASSETS_MAX] if isinstance(named, list) else ():
        try:
            found.append(UUID(str(text)))
        except ValueError:
            continue
    return found


def card_of(
    ctx: Context, variant: Variant, name: str, number: int, control: Variant, assets: Mapping[UUID, Asset]
) -> VariantCard:
    """A variant as it is shown, beside the control."""
    kind, shown = look_of(variant.value if variant.value is not None else variant.key, variant.key)
    told = variant.value if kind == "parameters" and isinstance(variant.value, Mapping) else {}
    return VariantCard(
        id=variant.key, name=name, hue=number % 6 + 1, weight=numbers.percent(ctx, variant.weight),
        control=variant.is_control, kind=kind, shown=shown,
        parameters=parameters_of(ctx, told, control.value),
        assets=_looks(variant, control, assets),
    )  # fmt: skip


def look_of(value: Any, key: str) -> tuple[str, str]:
    """How a value is shown, and what of it."""
    if isinstance(value, str):
        if _COLOUR.match(value):
            return "colour", value
        return ("key" if value == key else "text"), value[:_LONGEST]
    if isinstance(value, Mapping) and all(isinstance(v, _SCALARS) for k, v in value.items() if k != ASSETS):
        return "parameters", ""
    return "json", json.dumps(value, ensure_ascii=False, indent=2)[:_LONGEST]


def parameters_of(ctx: Context, value: Mapping[str, Any], control: Any) -> list[Parameter]:
    """Those that are not as in the control; all of them of the control, and of what differs in nothing."""
    base = control if isinstance(control, Mapping) else {}
    made = [
        Parameter(
            name=name.replace("_", " ")[:100], value=_written(ctx, given), differs=base.get(name) != given,
            colour=isinstance(given, str) and bool(_COLOUR.match(given)),
        )
        for name, given in value.items()
        if name != ASSETS
    ]  # fmt: skip
    return [one for one in made if one.differs] or made


def _written(ctx: Context, given: Any) -> str:
    if isinstance(given, bool):
        return translate(ctx.locale, "recommending.yes" if given else "recommending.no")
    if isinstance(given, int | float):
        return numbers.plain(ctx, given)
    return str(given).replace("_", " ") if _WORD.match(str(given)) else str(given)[:_LONGEST]


def _looks(variant: Variant, control: Variant, assets: Mapping[UUID, Asset]) -> list[AssetLook]:
    originals, found = asset_ids(control), []
    for place, asset_id in enumerate(asset_ids(variant)):
        if (asset := assets.get(asset_id)) is None:
            continue
        original = assets.get(originals[place]) if place < len(originals) else None
        other = original is not None and original.id != asset.id
        found.append(
            AssetLook(
                id=str(asset.id), name=asset.name, kind=_kind(asset), src=_address(asset, small=True),
                large=_address(asset), before=_address(original) if original and other else "",
                before_kind=_kind(original) if original and other else "",
            )
        )  # fmt: skip
    return found


def _kind(asset: Asset) -> str:
    return asset.kind.value if asset.kind.value in ("image", "html", "text") else "none"


def _address(asset: Asset, *, small: bool = False) -> str:
    """Of its newest version: the small picture where there is one, else the content, which is sandboxed."""
    version = f"/api/v1/assets/{asset.id}/versions/{asset.number}"
    return f"{version}/thumbnail" if small and asset.has_thumbnail else f"{version}/content?inline=true"
