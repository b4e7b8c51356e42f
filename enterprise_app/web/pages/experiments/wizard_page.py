"""The wizard of a draft, as seen: six steps, each at its own address, and the plan beside them."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments import form_parts
from enterprise_app.web.pages.experiments.conditions import known_attributes
from enterprise_app.web.pages.experiments.drafting import (
    AUDIENCE,
    IDEA,
    METRICS,
    PLAN,
    REVIEW,
    STEPS,
    VARIANTS,
)
from enterprise_app.web.pages.experiments.editing import ExperimentFormState as S
from enterprise_app.web.pages.experiments.parts import included, may, problems
from enterprise_app.web.pages.experiments.plan_card import plan_answer, plan_inputs, plan_line
from enterprise_app.web.texts import t

NAMES = [(step, t(f"experiments.wizard.step.{step}")) for step in STEPS]


def wizard(*, is_new: bool) -> rx.Component:
    """Where one stands, the open step, and the bar with the ways back and on."""
    form = ui.form(
        known_attributes(),
        _title(),
        problems(S.errors, title=t("experiments.form.wrong")),
        _of_step(
            {
                IDEA: ui.card(form_parts.basics(is_new=is_new)),
                VARIANTS: ui.card(form_parts.variants(), footer=form_parts.weights_sum()),
                AUDIENCE: ui.card(form_parts.who()),
                METRICS: ui.card(form_parts.metrics()),
                PLAN: _plan(),
                REVIEW: _review(),
            }
        ),
        _bar(),
        on_submit=S.go_on,
        no_validate=True,
    )
    aside = rx.cond(S.step == IDEA, _help(), plan_answer(elsewhere=S.step != PLAN))
    return ui.stack(
        ui.steps(NAMES, S.step, S.marks, href=lambda step: f"?step={step}", label=t("experiments.wizard.steps")),
        ui.split(rx.el.div(form, class_name="form-wide"), aside),
        gap=6,
        class_name="wizard",
    )


def _of_step(shown: dict[str, Any]) -> Any:
    """What belongs to the open step. Made anew with each step: fields keep what was typed into them."""
    cases = [(step, rx.el.div(part, key=step)) for step, part in shown.items()]
    return rx.match(S.step, *cases[1:], cases[0][1])


def _title() -> rx.Component:
    title: Any = rx.match(S.step, *NAMES[1:], NAMES[0][1])
    abouts = [(step, t(f"experiments.wizard.about.{step}")) for step in STEPS]
    counts = [(step, t("experiments.wizard.count", number=n, all=len(STEPS))) for n, step in enumerate(STEPS, 1)]
    count = rx.match(S.step, *counts[1:], counts[0][1])
    return ui.step_title(title, S.step, above=count, below=rx.match(S.step, *abouts[1:], abouts[0][1]))


def _help() -> rx.Component:
    """What makes a hypothesis one that can be tested."""
    lines = [rx.el.li(t(f"experiments.wizard.help.{word}")) for word in ("change", "metric", "why")]
    text = rx.el.p(t("experiments.wizard.help.example"), class_name="text-quiet")
    return ui.card(ui.stack(rx.el.ul(*lines, class_name="summary-list"), text), title=t("experiments.wizard.help"))


def _plan() -> rx.Component:
    return ui.stack(
        ui.card(plan_inputs(), title=t("experiments.wizard.sample")),
        ui.card(form_parts.judging(), title=t("experiments.form.settings")),
        ui.card(form_parts.stopping(), title=t("experiments.wizard.stopping")),
        ui.card(form_parts.counting(), title=t("experiments.wizard.counting")),
    )


def _review() -> rx.Component:
    """What a start still needs, with the way there; then everything as it was chosen."""

    def todo(one: Any) -> rx.Component:
        return rx.el.li(rx.el.span(one.text), " ", ui.link(one.step, one.href))

    lacking = ui.callout(
        rx.el.ul(rx.foreach(S.todos, todo), class_name="summary-list"),
        title=t("experiments.wizard.todo"),
        tone="warning",
    )
    ready = ui.callout(t("experiments.wizard.ready_text"), title=t("experiments.wizard.ready"), tone="success")
    return ui.stack(rx.cond(S.todos.length() > 0, lacking, ready), rx.foreach(S.parts, _part))


def _part(part: Any) -> rx.Component:
    def fact(one: Any) -> rx.Component:
        value = rx.el.dd(rx.el.bdi(one.value, class_name="wrap-anywhere"))
        return rx.el.div(rx.el.dt(rx.el.bdi(one.name)), value, class_name="fact")

    change = ui.button_link(
        t("experiments.wizard.change"),
        part.href,
        size="sm",
        variant="ghost",
        aria_label=t("experiments.wizard.change_part", name=part.title),
    )
    return ui.card(rx.el.dl(rx.foreach(part.facts, fact), class_name="facts"), title=part.title, actions=[change])


def _bar() -> rx.Component:
    before: Any = rx.match(S.step, *[(step, f"?step={STEPS[n]}") for n, step in enumerate(STEPS[1:])], "")
    back = ui.button_link(t("experiments.wizard.back"), before, variant="ghost", icon="back")
    save = ui.button(
        t("experiments.wizard.save"), on_click=S.save_draft, loading=S.saving & (S.step != REVIEW), disabled=~included()
    )
    following = ui.button(t("experiments.wizard.next"), variant="primary", type="submit", icon_end="arrow_end")
    start = ui.button(
        t("experiments.action.start"),
        variant="primary",
        icon="play",
        on_click=S.start,
        loading=S.saving,
        disabled=S.todos.length() > 0,
    )
    last = rx.cond(may(Permission.EXPERIMENTS_RUN), start)
    return ui.step_bar(
        back=rx.cond(S.step != IDEA, back),
        note=rx.cond(S.step != IDEA, plan_line()),
        forward=[save, rx.cond(S.step == REVIEW, last, following)],
    )
