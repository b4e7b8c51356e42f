"""The last step of the wizard: everything that was chosen, in the reader's words, and what a start still needs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import has_text, translate
from enterprise_app.domains.experiments.schemas import Missing
from enterprise_app.web.components.shapes import Option
from enterprise_app.web.pages.experiments.choices import Choices
from enterprise_app.web.pages.experiments.conditions import MISSING, SIGNS, ConditionRow
from enterprise_app.web.pages.experiments.drafting import AUDIENCE, CHOSEN, IDEA, METRICS, PLAN, VARIANTS, Typed
from enterprise_app.web.pages.experiments.planning import Plan
from enterprise_app.web.shell.action import sentence

_NOTHING = "–"
_BARE = ("exists", MISSING)


class Chosen(BaseModel):
    """A name and what was chosen for it."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: str


class Part(BaseModel):
    """A step, and what stands in it."""

    model_config = ConfigDict(frozen=True)

    step: str
    title: str
    href: str
    facts: list[Chosen]


class Todo(BaseModel):
    """What keeps it from being started, and where to mend it."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    step: str
    href: str


def todos_of(ctx: Context, wrong: Mapping[str, Invalid], lacking: Iterable[tuple[str, Missing]]) -> list[Todo]:
    """Everything that is wrong, then everything that is not there yet."""
    problems = [(step, _told(ctx, p.field, p.code, p.params)) for step, error in wrong.items() for p in error.problems]
    problems += [(step, _told(ctx, one.field, one.code, {})) for step, one in lacking]
    return [
        Todo(id=str(number), text=text, step=step_text(ctx, step), href=f"?step={step}")
        for number, (step, text) in enumerate(problems)
    ]


def _told(ctx: Context, field: str, code: str, params: dict[str, Any]) -> str:
    """The problem, after the name of its field where that is one with a name: problems of rows speak for themselves."""
    name, text = f"experiments.field.{field.removeprefix('settings.')}", sentence(ctx.locale, code, params)
    return f"{translate(ctx.locale, name)}: {text}" if has_text(name) and field != VARIANTS else text


def parts_of(ctx: Context, typed: Typed, choices: Choices, plan: Plan) -> list[Part]:
    """All steps, as they are."""
    facts = {
        IDEA: _idea(ctx, typed, choices),
        VARIANTS: _variants(ctx, typed),
        AUDIENCE: _audience(ctx, typed, choices),
        METRICS: _metrics(ctx, typed, choices),
        PLAN: _plan(ctx, typed, plan),
    }
    return [
        Part(step=step, title=step_text(ctx, step), href=f"?step={step}", facts=found) for step, found in facts.items()
    ]


def step_text(ctx: Context, step: str) -> str:
    """What a step is called."""
    return translate(ctx.locale, f"experiments.wizard.step.{step}")


def _fact(ctx: Context, word: str, value: str) -> Chosen:
    return Chosen(name=translate(ctx.locale, f"experiments.field.{word}"), value=value or _NOTHING)


def _idea(ctx: Context, typed: Typed, choices: Choices) -> list[Chosen]:
    values = typed.values
    plain = [_fact(ctx, word, values[word]) for word in ("name", "hypothesis", "key")]
    return [*plain, _fact(ctx, "campaign_id", _named(choices.campaigns, values["campaign_id"]))]


def _variants(ctx: Context, typed: Typed) -> list[Chosen]:
    control = translate(ctx.locale, "experiments.variant.control")
    return [
        Chosen(
            name=row.name or row.key or _NOTHING,
            value=_percent(row.weight) + (f" · {control}" if row.is_control else ""),
        )
        for row in typed.variants
    ]


def _audience(ctx: Context, typed: Typed, choices: Choices) -> list[Chosen]:
    values = typed.values
    who = " · ".join(_condition(ctx, row) for row in typed.conditions)
    everybody = translate(ctx.locale, "experiments.wizard.everybody")
    targeting = Chosen(name=translate(ctx.locale, "experiments.form.targeting"), value=who or everybody)
    layer = _named(choices.layers, values["layer_id"])
    if layer and values["layer_share"]:
        layer = f"{layer} · {_percent(values['layer_share'])}"
    return [
        targeting,
        _fact(ctx, "coverage", values["coverage"]),
        _fact(ctx, "layer_id", layer),
        _fact(ctx, "holdout", _yes(ctx, typed.ticked["holdout"])),
    ]


def _metrics(ctx: Context, typed: Typed, choices: Choices) -> list[Chosen]:
    primary = _fact(ctx, "primary", _named(choices.metrics, typed.values["primary"]))
    others = [
        Chosen(
            name=translate(ctx.locale, f"experiments.role.{use.role}"),
            value=_named(choices.metrics, use.metric) or _NOTHING,
        )
        for use in typed.uses
    ]
    return [primary, *others]


def _plan(ctx: Context, typed: Typed, plan: Plan) -> list[Chosen]:
    values = typed.values
    takes = Chosen(name=translate(ctx.locale, "experiments.plan.takes"), value=plan.days or _NOTHING)
    numbers = [_fact(ctx, word, values[word]) for word in ("alpha", "power", "min_units", "auto_after_days")]
    chosen = [_fact(ctx, word, translate(ctx.locale, f"experiments.{word}.{values[word]}")) for word in CHOSEN]
    winner = _fact(ctx, "auto_winner", _yes(ctx, typed.ticked["auto_winner"]))
    return [takes, *numbers, *chosen, winner]


def _condition(ctx: Context, row: ConditionRow) -> str:
    """As it is read: `country = DE, AT`; each side by itself, or a Latin name would drag the sign along in Arabic."""
    key = f"experiments.operator.{row.operator}"
    sign = SIGNS[row.operator] if row.operator in SIGNS else translate(ctx.locale, key)
    shown = f"\u2068{row.attribute or _NOTHING}\u2069 {sign}"
    return shown if row.operator in _BARE else f"{shown} \u2068{', '.join(row.values) or _NOTHING}\u2069"


def _named(options: Sequence[Option], key: str) -> str:
    return next((option.label for option in options if option.value == key), "")


def _percent(number: str) -> str:
    return f"\u2068{number or _NOTHING} %\u2069"


def _yes(ctx: Context, ticked: bool) -> str:
    return translate(ctx.locale, "experiments.wizard.yes" if ticked else "experiments.wizard.no")
