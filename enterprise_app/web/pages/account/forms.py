"""The parts of the forms that post to /auth; assets/shell/forms.js puts their errors at the fields."""

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.texts import t


def auth_form(action: str, *children: Any, submit: rx.Var[str], hidden: dict[str, Any] | None = None) -> rx.Component:
    """A form of /auth with one button; `hidden` fields go with it."""
    extra = [
        rx.el.input(type="hidden", name=name, value=value, read_only=True) for name, value in (hidden or {}).items()
    ]
    button = ui.button(submit, variant="primary", size="lg", type="submit", class_name="button-wide")
    return ui.native_form(
        *extra, trouble("form"), *children, button, action=action, custom_attrs={"data-posts": t("account.no_answer")}
    )


def trouble(name: str) -> rx.Component:
    """Where forms.js writes what is wrong with a field; "form" is the whole."""
    names = "callout callout-danger" if name == "form" else "field-error"
    return rx.el.p(role="alert", hidden=True, class_name=names, custom_attrs={"data-error-of": name, "id": f"e-{name}"})


def auth_field(
    label: rx.Var[str], name: str, control: rx.Component, *, hint: Any = None, aside: Any = None
) -> rx.Component:
    """A required field with room for its error."""
    return rx.el.div(
        ui.field(label, control, hint=hint, aside=aside, required=True, name=name),
        trouble(name),
        class_name="stack gap-1",
    )


def email_field() -> rx.Component:
    """The e-mail address."""
    control = ui.text_input(name="email", type="email", auto_complete="email", max_length=254)
    return auth_field(t("account.email"), "email", control)


def password_field(label: rx.Var[str], *, is_new: bool, aside: Any = None) -> rx.Component:
    """A password, known or to be chosen."""
    control = ui.password_input(auto_complete="new-password" if is_new else "current-password", required=True)
    return auth_field(label, "password", control, hint=t("account.password_hint") if is_new else None, aside=aside)


def name_field(label: rx.Var[str], name: str = "name") -> rx.Component:
    """A person's name."""
    control = ui.text_input(name=name, auto_complete="name", max_length=300)
    return auth_field(label, name, control)


def heading(title: Any, text: Any = None) -> rx.Component:
    """What the page is for, above the form."""
    words = [rx.el.p(text, class_name="page-text")] if text is not None else []
    return rx.el.header(rx.el.h1(title, class_name="page-title"), *words, class_name="stack gap-1")


def beneath(*links: rx.Component | rx.Var[str] | str) -> rx.Component:
    """Ways to elsewhere, under the form."""
    return rx.el.p(*links, class_name="text-quiet text-center")
