"""The form of an experiment as the shapes want it, step by step of the wizard; and which step a problem belongs to."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import ExperimentDraft, ExperimentSettings, Missing
from enterprise_app.domains.experiments.vocabulary import MetricRole
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.conditions import ConditionRow, conditions_of
from enterprise_app.web.pages.experiments.rows import at_rows, number_of, percent_text, share_of
from enterprise_app.web.pages.experiments.variants import UseRow, VariantRow, variants_of
from enterprise_app.web.shell.forms import checked

IDEA, VARIANTS, AUDIENCE, METRICS, PLAN, REVIEW = "idea", "variants", "audience", "metrics", "plan", "review"
FILLED = (IDEA, VARIANTS, AUDIENCE, METRICS, PLAN)
"""Steps that hold something."""
STEPS = (*FILLED, REVIEW)
CHOSEN = ("correction", "inference", "monitoring", "guardrail_action", "allocation")
SETTINGS = ("alpha", "power", "min_units", "auto_after_days", *CHOSEN)
SWITCHES = ("auto_winner", "cuped", "exposed_when_served")
TICKED = ("holdout", *SWITCHES)
_UNNAMED = "–"
_OF_AUDIENCE = ("coverage", "conditions", "targeting", "holdout", "layer_id", "layer_share")


class Typed(BaseModel):
    """Everything that stands in the form."""

    model_config = ConfigDict(frozen=True)

    values: dict[str, str]
    ticked: dict[str, bool]
    variants: list[VariantRow]
    uses: list[UseRow]
    conditions: list[ConditionRow]

    @property
    def used(self) -> list[UseRow]:
        """The primary metric first, then the others, as they are saved; rows without a metric are none."""
        first = UseRow(id="primary", metric=self.values["primary"], role=MetricRole.PRIMARY.value)
        return [use for use in (first, *self.uses) if use.metric]


def _idea(_ctx: Context, typed: Typed) -> dict[str, Any]:
    values = typed.values
    return {
        "name": values["name"],
        "hypothesis": values["hypothesis"],
        "campaign_id": values["campaign_id"] or None,
    }


def _variants(ctx: Context, typed: Typed) -> dict[str, Any]:
    return {"variants": variants_of(ctx, typed.variants)}


def _audience(ctx: Context, typed: Typed) -> dict[str, Any]:
    values = typed.values
    return {
        "targeting": conditions_of(typed.conditions),
        "coverage": share_of(ctx, values["coverage"], "coverage"),
        "holdout": typed.ticked["holdout"],
        "layer_id": values["layer_id"] or None,
        "layer_share": share_of(ctx, values["layer_share"], "layer_share") or None,
    }


def _metrics(_ctx: Context, typed: Typed) -> dict[str, Any]:
    return {"metrics": [{"metric_id": use.metric, "role": use.role} for use in typed.used]}


def _plan(ctx: Context, typed: Typed) -> dict[str, Any]:
    values = typed.values
    settings = {
        "alpha": round(1 - share_of(ctx, values["alpha"], "settings.alpha"), 6),
        "power": share_of(ctx, values["power"], "settings.power"),
        "min_units": int(number_of(ctx, values["min_units"], "settings.min_units")),
        "auto_after_days": int(number_of(ctx, values["auto_after_days"], "settings.auto_after_days")),
        **{name: values[name] for name in CHOSEN},
        **{name: typed.ticked[name] for name in SWITCHES},
    }
    return {"settings": settings}


_PARTS: Mapping[str, Callable[[Context, Typed], dict[str, Any]]] = {
    IDEA: _idea, VARIANTS: _variants, AUDIENCE: _audience, METRICS: _metrics, PLAN: _plan,
}  # fmt: skip


def given(ctx: Context, typed: Typed) -> dict[str, Any]:
    """All steps together. Raises Invalid where something can't be read."""
    found: dict[str, Any] = {}
    for part in _PARTS.values():
        found |= part(ctx, typed)
    return found


async def check(ctx: Context, typed: Typed, step: str, *, is_new: bool) -> list[Missing]:
    """What one step holds, asked of the service: what a start still needs of it. Raises Invalid, at fields and rows."""
    try:
        values = {"name": _UNNAMED} | _PARTS[step](ctx, typed)
        if step == IDEA and is_new:
            values["key"] = typed.values["key"] or None
        draft = checked(ExperimentDraft, values)
        async with tenant_session(ctx) as session:
            found = await service.check_experiment(session, ctx, draft)
    except Invalid as error:
        raise placed(error, typed) from None
    return [one for one in found.missing if step_of(one.field, typed) == step]


def placed(error: Invalid, typed: Typed) -> Invalid:
    """The same problems at the form's own fields and rows."""
    places = {"variants": typed.variants, "targeting": typed.conditions, "metrics": typed.used}
    return at_rows(error, places, {"targeting": "conditions"})


def step_of(field: str, typed: Typed) -> str:
    """The step where a field, or a row by its id, is filled in."""
    if field.startswith("settings"):
        return PLAN
    if field in _OF_AUDIENCE or any(row.id == field for row in typed.conditions):
        return AUDIENCE
    if field == VARIANTS or any(row.id == field for row in typed.variants):
        return VARIANTS
    return METRICS if field == METRICS or any(row.id == field for row in typed.used) else IDEA


def settings_texts(ctx: Context, settings: ExperimentSettings) -> dict[str, str]:
    """The settings as they stand in their fields."""
    return {
        "alpha": percent_text(ctx, 1 - settings.alpha),
        "power": percent_text(ctx, settings.power),
        "min_units": localization.format_number(settings.min_units, ctx.locale),
        "auto_after_days": localization.format_number(settings.auto_after_days, ctx.locale),
        **{name: getattr(settings, name).value for name in CHOSEN},
    }
