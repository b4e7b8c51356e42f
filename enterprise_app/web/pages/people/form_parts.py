"""The form of a person, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from typing import Any

import reflex as rx

from enterprise_app.domains.profiles.vocabulary import Stage
from enterprise_app.web import components as ui
from enterprise_app.web.pages.people.editing import PersonFormState as F
from enterprise_app.web.texts import t

STAGES = [(stage.value, t(f"people.stage.{stage.value}")) for stage in Stage]


def bare_list(rows: Any, line: Callable[[Any], rx.Component]) -> rx.Component:
    """Lines under each other, a list to the ear and no bullets to the eye."""
    style = {"listStyle": "none", "margin": "0", "padding": "0"}
    return rx.el.ul(rx.foreach(rows, line), class_name="stack gap-3", style=style)


def person_dialog() -> rx.Component:
    """One dialog for making and for changing; its fields are made anew each time it opens."""
    title = rx.cond(F.key == "", t("people.new"), t("people.edit"))
    return ui.dialog(rx.cond(F.open, _form()), open=F.open, on_close=F.close, title=title, key="person")


def _form() -> rx.Component:
    is_new = F.key == ""
    return ui.form(
        _text("name", auto_focus=True),
        ui.grid(_text("email", kind="email"), _text("phone", kind="tel"), smallest=200),
        ui.grid(_text("company"), _text("country"), smallest=200),
        rx.cond(is_new, _new_only(), _more()),
        ui.submit_row(
            ui.button(t("people.form.save"), variant="primary", type="submit", loading=F.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=F.close),
        ),
        on_submit=F.save,
        no_validate=True,
    )


def _text(name: str, *, kind: str = "text", hint: bool = False, auto_focus: bool = False) -> rx.Component:
    control = ui.text_input(
        name=name, type=kind, default_value=F.values[name], auto_complete="off", auto_focus=auto_focus
    )
    return ui.field(
        t(f"people.field.{name}"),
        control,
        error=F.errors[name],
        hint=t(f"people.form.{name}_hint") if hint else None,
    )


def _new_only() -> rx.Component:
    stage = ui.select(STAGES, name="stage", default_value=Stage.LEAD.value)
    chosen = ui.field(t("people.field.stage"), stage, error=F.errors["stage"])
    return ui.stack(_text("user_id", hint=True), chosen)


def _more() -> rx.Component:
    hint = rx.el.p(t("people.form.trait_hint"), class_name="field-hint")
    return ui.stack(ui.grid(_text("trait"), _text("value"), smallest=200), hint, gap=1)
