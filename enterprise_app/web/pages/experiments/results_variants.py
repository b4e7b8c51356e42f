"""The variants side by side as their users get them."""

import json
import re
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import Variant
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.actions import key_in
from enterprise_app.web.pages.experiments.results_shapes import names_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of

_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\Z")
_LONGEST = 4000


class VariantCard(Shape):
    """A variant; kind says how its value is shown: colour, text, json or key (it has none but its key)."""

    id: str
    name: str
    hue: int
    weight: str
    control: bool
    kind: str
    shown: str


class VariantsState(rx.State):
    """What the tab shows."""

    loading: bool = True
    cards: list[VariantCard] = []

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Of the experiment that the URL names."""
        try:
            async with tenant_session(ctx) as session:
                experiment = await service.get_experiment(session, ctx, id_of(key_in(self.router.url.path)))
        except NotFound:
            return
        finally:
            self.loading = False
        by_key = {v.key: v for v in experiment.variants}
        names = names_of(experiment)
        self.cards = [card_of(ctx, by_key[key], name, n) for n, (key, name) in enumerate(names.items())]

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()


def card_of(ctx: Context, variant: Variant, name: str, number: int) -> VariantCard:
    """A variant as it is shown."""
    kind, shown = look_of(variant.value if variant.value is not None else variant.key, variant.key)
    return VariantCard(
        id=variant.key, name=name, hue=number % 6 + 1, weight=numbers.percent(ctx, variant.weight),
        control=variant.is_control, kind=kind, shown=shown,
    )  # fmt: skip


def look_of(value: Any, key: str) -> tuple[str, str]:
    """How a value is shown, and what of it."""
    if isinstance(value, str):
        if _COLOUR.match(value):
            return "colour", value
        return ("key" if value == key else "text"), value[:_LONGEST]
    return "json", json.dumps(value, ensure_ascii=False, indent=2)[:_LONGEST]
