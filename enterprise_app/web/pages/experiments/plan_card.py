"""The live plan, as seen: what is known before, and what follows from it."""

# Reflex makes Vars of a state's attributes; what a list or a shape among them has, no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.domains.experiments.vocabulary import PlanKind
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.editing import ExperimentFormState as S
from enterprise_app.web.texts import t

KINDS = [(kind.value, t(f"experiments.plan.{kind.value}")) for kind in PlanKind]


def plan_card() -> rx.Component:
    """Both in one card."""
    return ui.card(ui.stack(plan_inputs(smallest=120), ui.divider(), _answer()), title=t("experiments.plan.title"))


def plan_answer(*, elsewhere: Any) -> rx.Component:
    """What follows; and the way to where it is asked, while nothing is known and that is another step."""
    there = ui.button_link(t("experiments.plan.fill"), "?step=plan", size="sm")
    nothing = (S.plan.units == "") & (S.plan.problem == "") & elsewhere
    return ui.card(ui.stack(_answer(), rx.cond(nothing, rx.el.div(there))), title=t("experiments.wizard.answer"))


def plan_line() -> rx.Component:
    """The two numbers that matter, in a line: where there is no room beside the form."""
    p = S.plan
    days = rx.cond(p.days != "", rx.el.strong(p.days), rx.fragment())
    total = rx.el.span(t("experiments.plan.total"), " ", rx.el.strong(p.total))
    return rx.cond(p.units != "", ui.row(total, days, gap=3), rx.fragment())


def plan_inputs(*, smallest: int = 170) -> rx.Component:
    """How things stand now, and which change would be worth knowing; columns are at least `smallest` px wide."""
    mean = S.values["plan_kind"] == PlanKind.MEAN.value
    kind = ui.segmented(
        KINDS, S.values["plan_kind"], lambda kind: S.put("plan_kind", kind), label=t("experiments.plan.kind")
    )
    others = [_input("plan_effect", "effect"), _input("plan_daily", "daily")]
    rate = ui.grid(_input("plan_base", "base_rate"), *others, smallest=smallest)
    average = [_input("plan_base", "base_mean"), _input("plan_deviation", "deviation"), *others]
    return ui.stack(rx.el.div(kind), rx.cond(mean, ui.grid(*average, smallest=smallest), rate), class_name="grid-end")


def _input(word: str, text: str) -> rx.Component:
    box = ui.text_input(
        name=word,
        default_value=S.values[word],
        input_mode="decimal",
        dir="ltr",
        auto_complete="off",
        on_blur=lambda value: S.put(word, value),
    )
    return ui.field(t(f"experiments.plan.{text}"), box)


def _fact(name: str, value: Any) -> tuple[Any, Any]:
    return t(f"experiments.plan.{name}"), value


def _answer() -> rx.Component:
    p = S.plan
    facts = ui.definition_list(
        _fact("takes", rx.cond(p.days != "", p.days, t("experiments.plan.no_days"))),
        _fact("units", p.units),
        _fact("total", p.total),
        _fact("change", rx.el.bdi(p.effect, dir="ltr")),
        _fact("least", p.least),
    )
    nothing = rx.el.p(t("experiments.plan.empty"), class_name="text-quiet")
    problem = ui.callout(p.problem, tone="warning")
    body = rx.cond(p.problem != "", problem, rx.cond(p.units != "", facts, nothing))
    return rx.el.div(body, role="status")
