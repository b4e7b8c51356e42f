"""The live plan, as seen."""

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
    """What is known before, and what follows from it."""
    mean = S.values["plan_kind"] == PlanKind.MEAN.value
    inputs = rx.el.div(
        ui.segmented(
            KINDS, S.values["plan_kind"], lambda kind: S.put("plan_kind", kind), label=t("experiments.plan.kind")
        ),
        rx.cond(
            mean,
            ui.grid(_input("plan_base", "base_mean"), _input("plan_deviation", "deviation"), smallest=120),
            _input("plan_base", "base_rate"),
        ),
        ui.grid(_input("plan_effect", "effect"), _input("plan_daily", "daily"), smallest=120),
        class_name="stack gap-4 grid-end",
    )
    return ui.card(ui.stack(inputs, ui.divider(), _answer()), title=t("experiments.plan.title"))


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
