"""Variants and metrics as rows of the editor: weights in per cent, written as the reader writes numbers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments.schemas import VARIANTS_MAX, Experiment
from enterprise_app.domains.experiments.vocabulary import MetricRole
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.rows import Row, fresh, is_fine, percent_text, share_of

_LETTERS = "abcd"
_NEAR = 0.0011
"""Three times 33.3 % is meant to be everything."""


class VariantRow(Row):
    """One variant; `mark` changes when the weight is set for the reader, so that its field is made anew."""

    key: str = ""
    name: str = ""
    weight: str = ""
    is_control: bool = False
    value: Any = None
    exact: float = 0
    shown: str = ""
    mark: str = ""


class UseRow(Row):
    """A metric in the experiment, and what for."""

    metric: str = ""
    role: str = MetricRole.SECONDARY.value


def new_rows(ctx: Context) -> list[VariantRow]:
    """A control and one other: what most experiments are."""
    name = translate(ctx.locale, "experiments.variant.control")
    control = VariantRow(id=fresh(), key="control", name=name, is_control=True)
    return even(ctx, added(ctx, [control]))


def added(ctx: Context, rows: Sequence[VariantRow]) -> list[VariantRow]:
    """One more with a free key, where there is room."""
    if len(rows) >= VARIANTS_MAX:
        return list(rows)
    taken = {row.key for row in rows}
    letter = next((letter for letter in _LETTERS if letter not in taken), f"v{len(rows)}")
    return [*rows, VariantRow(id=fresh(), key=letter, name=letter.upper())]


def even(ctx: Context, rows: Sequence[VariantRow]) -> list[VariantRow]:
    """The same weight for each; the first takes what does not divide."""
    cents = 10_000 // len(rows)
    shares = [Decimal(10_000 - cents * (len(rows) - 1)) / 10_000, *[Decimal(cents) / 10_000] * (len(rows) - 1)]
    texts = [percent_text(ctx, float(share)) for share in shares]
    return [row.model_copy(update={"weight": text, "mark": fresh()}) for row, text in zip(rows, texts, strict=True)]


def variant_rows(ctx: Context, experiment: Experiment) -> list[VariantRow]:
    """An experiment's variants."""
    texts = [percent_text(ctx, variant.weight) for variant in experiment.variants]
    return [
        VariantRow(
            id=fresh(), key=one.key, name=one.name, weight=text, shown=text, exact=one.weight,
            is_control=one.is_control, value=one.value,
        )
        for one, text in zip(experiment.variants, texts, strict=True)
    ]  # fmt: skip


def variants_of(ctx: Context, rows: Sequence[VariantRow]) -> list[dict[str, Any]]:
    """The rows as the shapes want them; weights that are nearly everything are everything. Raises Invalid."""
    weights = [row.exact if row.weight == row.shown else share_of(ctx, row.weight, row.id) for row in rows]
    total = sum(weights)
    if 0 < abs(total - 1) <= _NEAR:
        weights = [weight / total for weight in weights]
    return [
        {"key": row.key, "name": row.name, "weight": weight, "is_control": row.is_control, "value": row.value}
        for row, weight in zip(rows, weights, strict=True)
    ]


def sum_of(ctx: Context, rows: Sequence[VariantRow]) -> tuple[str, bool]:
    """All weights together, and whether they are everything."""
    total = sum(is_fine(ctx, row.weight) or 0 for row in rows)
    return localization.format_percent(total, ctx.locale, 2), abs(total - 1) <= _NEAR


def weights_of(ctx: Context, rows: Sequence[VariantRow]) -> list[float]:
    """The weights, control first, as far as they can be read."""
    ordered = sorted(rows, key=lambda row: not row.is_control)
    return [is_fine(ctx, row.weight) or 0 for row in ordered]


def uses_of(experiment: Experiment) -> list[UseRow]:
    """All metrics but the primary one, which has a field of its own."""
    others = [use for use in experiment.metrics if use.role is not MetricRole.PRIMARY]
    return [UseRow(id=fresh(), metric=str(use.metric_id), role=use.role.value) for use in others]
