"""What the pages of this area share: the way to a bigger plan, rows that come and go in a form, problems in words."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.shell.session import SessionState, can
from enterprise_app.web.texts import t

_OF_SETTINGS = ("alpha", "power", "min_units", "auto_after_days", "guardrail_action", "allocation")
_OF_FORMS = (
    "name", "key", "description", "hypothesis", "campaign_id", "coverage", "layer_id", "layer_share", "percentile",
    "winsorise", "currency", "first_day", "last_day",
)  # fmt: skip
NAMES = {word: t(f"experiments.field.{word}") for word in _OF_FORMS}
NAMES |= {f"settings.{word}": t(f"experiments.field.{word}") for word in _OF_SETTINGS}
NAMES |= {"window_hours": t("experiments.field.window"), "event_name": t("experiments.field.event_name")}
"""What the fields of these forms are called, by the names that problems have."""


def included() -> rx.Var[bool]:
    """Whether the plan has experiments, flags and metrics."""
    return SessionState.features.contains(Feature.EXPERIMENTS.value)


def may(permission: Permission) -> rx.Var[bool]:
    """Whether the reader may change something here: by right and by plan."""
    return can(permission) & included()


def upgrade() -> rx.Component:
    """What the plan lacks, and where plans are."""
    plans = ui.button_link(t("experiments.upgrade.plans"), "/usage", size="sm")
    action = rx.cond(can(Permission.USAGE_READ), plans)
    note = ui.callout(t("experiments.upgrade.text"), title=t("experiments.upgrade.title"), tone="accent", action=action)
    return rx.cond(included(), rx.fragment(), note)


def unless_included(body: rx.Component, text: ui.Text | None = None) -> rx.Component:
    """The body; in its place, where the plan lacks it, what is missed and the way to a bigger plan."""
    plans = ui.button_link(t("experiments.upgrade.plans"), "/usage", variant="primary")
    action = rx.cond(can(Permission.USAGE_READ), plans)
    words = t("experiments.upgrade.text") if text is None else text
    return rx.cond(included(), body, ui.card(ui.empty_state("lock", t("experiments.upgrade.title"), words, action)))


def problems(errors: Any, *, title: ui.Text) -> rx.Component:
    """Everything that is wrong with a form, above it: the field and what is wrong with it. What concerns a row, or
    several of them, says itself what it is about."""
    cases = [(field, rx.el.strong(name, ": ")) for field, name in NAMES.items()]

    def problem(pair: Any) -> rx.Component:
        return rx.el.li(rx.match(pair[0], *cases, rx.fragment()), pair[1])

    lines = rx.el.ul(rx.foreach(errors, problem), class_name="summary-list")
    return rx.cond(errors.length() > 0, ui.callout(lines, title=title, tone="danger"))


def row_problem(errors: Any, row_id: Any) -> rx.Component:
    """What is wrong with one row."""
    text = rx.el.p(ui.icon("danger", 14), rx.el.span(errors[row_id]), class_name="field-error")
    return rx.cond(errors[row_id], text)


def cell(
    label: ui.Text, control: rx.Component, *, grow: int = 1, least: int = 120, is_one: bool = True
) -> rx.Component:
    """A control of a row with its caption over it: no two rows need a table's head. A control that is several, such as
    chips with buttons, is not `is_one` and names itself: the caption would press the first of them."""
    box = rx.el.label if is_one else rx.el.div
    return box(
        rx.el.span(label, class_name="filter-label", style={"whiteSpace": "normal"}),
        control,
        class_name="stack gap-1",
        style={"flex": f"{grow} 1 {least}px", "minInlineSize": "0"},
    )


def line(*cells: Any, label: ui.Text | None = None) -> rx.Component:
    """The controls of one row; on a phone they wrap."""
    named = {"role": "group", "aria_label": label} if label is not None else {}
    return rx.el.div(*cells, class_name="row gap-2", style={"alignItems": "flex-end"}, **named)


def drop_button(label: ui.Text, on_click: Any, **props: Any) -> rx.Component:
    """Takes a row away."""
    return ui.icon_button("close", label, size="sm", on_click=on_click, **props)


def named(name: Any, code: Any) -> rx.Component:
    """A name, and its key in a line of its own, at the same edge in both directions of reading."""
    key = rx.el.span(rx.el.code(code, class_name="text-quiet wrap-anywhere", dir="ltr"))
    return rx.el.span(name, key, class_name="stack gap-0")
