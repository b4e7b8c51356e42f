"""The plan beside the editor: how many units and days the experiment takes, counted anew with every change."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, Invalid
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.plan_schemas import PlanAnswer, PlanQuestion
from enterprise_app.domains.experiments.vocabulary import PlanKind
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.experiments.rows import number_of, share_of
from enterprise_app.web.pages.experiments.variants import VariantRow, weights_of
from enterprise_app.web.shell.action import sentence
from enterprise_app.web.shell.forms import checked


class Plan(BaseModel):
    """What the plan says, in the reader's words; `problem` where there is none, nothing of both before it is asked."""

    model_config = ConfigDict(frozen=True)

    units: str = ""
    total: str = ""
    days: str = ""
    effect: str = ""
    least: str = ""
    problem: str = ""
    count: int = 0


async def planned(ctx: Context, values: Mapping[str, str], variants: Sequence[VariantRow]) -> Plan:
    """The plan for what stands in the form now; what can't be read yet is told, not raised."""
    if not values["plan_base"] or not values["plan_effect"]:
        return Plan()
    try:
        answer = await service.plan_test(ctx, checked(PlanQuestion, _question(ctx, values, variants)))
    except Invalid as error:
        first = error.problems[0]
        return Plan(problem=sentence(ctx.locale, first.code, first.params))
    except AtriumError:
        return Plan()
    return _plan(ctx, answer, is_rate=values["plan_kind"] != PlanKind.MEAN)


def _question(ctx: Context, values: Mapping[str, str], variants: Sequence[VariantRow]) -> dict[str, Any]:
    mean = values["plan_kind"] == PlanKind.MEAN
    read = number_of if mean else share_of
    asked: dict[str, Any] = {
        "kind": PlanKind.MEAN if mean else PlanKind.PROPORTION,
        "base": read(ctx, values["plan_base"], "base"),
        "effect": share_of(ctx, values["plan_effect"], "effect"),
        "weights": weights_of(ctx, variants),
        "alpha": round(1 - share_of(ctx, values["alpha"], "alpha"), 6),
        "power": share_of(ctx, values["power"], "power"),
        "coverage": share_of(ctx, values["coverage"], "coverage"),
        "correction": values["correction"],
        "monitoring": values["monitoring"],
    }
    if mean and values["plan_deviation"]:
        asked["deviation"] = number_of(ctx, values["plan_deviation"], "deviation")
    if values["plan_daily"]:
        asked["daily_units"] = number_of(ctx, values["plan_daily"], "daily_units")
    return asked


def _plan(ctx: Context, answer: PlanAnswer, *, is_rate: bool) -> Plan:
    def say(number: float, digits: int | None = None) -> str:
        return localization.format_number(number, ctx.locale, digits)

    def value(number: float) -> str:
        return localization.format_percent(number, ctx.locale, 2) if is_rate else say(round(number, 4))

    days = ""
    if answer.days is not None:
        days = translate(ctx.locale, "experiments.plan.days", count=answer.days, number=say(answer.days))
    start, target = answer.target - answer.effect, answer.target
    return Plan(
        units=say(answer.units),
        total=say(answer.total),
        days=days,
        effect=f"{value(start)} → {value(target)}",
        least=say(answer.fixed_units),
        count=answer.units,
    )
