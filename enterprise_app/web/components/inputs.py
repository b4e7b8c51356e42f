"""Form controls, all native underneath so that plain posts, autofill and the keyboard work. Wrap them in field()."""

# Props keep the names of their HTML attributes.
# ruff: noqa: A002

from collections.abc import Sequence
from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .icons import icon
from .markup import Node, Text, classes, given, parts

Options = Sequence[tuple[str, Text]] | rx.Var  # a Var holds shapes.Option


def text_input(*, name: str, type: Any = "text", size: str = "md", **props: Any) -> rx.Component:
    """One line of text; type may be text, email, url, tel, number, search.

    field(t("identity.email"), text_input(name="email", type="email", auto_complete="email", required=True))
    """
    names = classes("input", f"input-{size}", props.pop("class_name", ""))
    return rx.el.input(name=name, type=type, class_name=names, dir=props.pop("dir", _direction(type)), **props)


def _direction(type: str) -> str:
    """Addresses and numbers read left to right in every language; other text by its first letter."""
    return "ltr" if type in {"email", "url", "tel", "number"} else "auto"


def password_input(
    *, name: str = "password", auto_complete: str = "current-password", **attributes: Any
) -> rx.Component:
    """A password with a reveal button; auto_complete "new-password" where one is chosen. Attributes as in JSX.

    field(t("identity.password"), password_input(auto_complete="new-password", minLength=12, required=True))
    """
    return react.Password.create(
        icon("eye", class_name="when-hidden"),
        icon("eye_off", class_name="when-shown"),
        name=name,
        show=t("components.password.show"),
        hide=t("components.password.hide"),
        class_name="input-wrap",
        custom_attrs={"autoComplete": auto_complete, "dir": "ltr", **attributes},
    )


def textarea(*, name: str, rows: int = 4, **props: Any) -> rx.Component:
    """Several lines of text; grows with its content where the browser can."""
    names = classes("input", "textarea", props.pop("class_name", ""))
    return rx.el.textarea(name=name, rows=str(rows), class_name=names, dir=props.pop("dir", "auto"), **props)


def select_options(options: Options) -> list[Any]:
    """<option> elements from pairs (value, text) or from a Var of shapes.Option."""
    if isinstance(options, rx.Var):
        return [rx.foreach(options, lambda option: rx.el.option(option.label, value=option.value))]
    return [rx.el.option(text, value=value) for value, text in options]


def select(
    options: Options, *, name: str | None = None, size: str = "md", placeholder: Text | None = None, **props: Any
) -> rx.Component:
    """A native select.

    select([("draft", t("campaigns.status.draft"))], name="status", value=State.status, on_change=State.set_status)
    """
    first = [] if placeholder is None else [rx.el.option(placeholder, value="")]
    control = rx.el.select(
        *first,
        *select_options(options),
        class_name=classes("input", "select", f"input-{size}"),
        **given(name=name),
        **props,
    )
    return rx.el.span(control, icon("chevron_down", 14, class_name="select-mark"), class_name="select-wrap")


def checkbox(label: Node, *, hint: Text | None = None, **props: Any) -> rx.Component:
    """A checkbox with its text.

    checkbox(t("identity.terms"), name="terms", required=True)
    checkbox(t("x.live"), checked=State.live, on_change=State.set_live)
    """
    box = rx.el.input(type="checkbox", class_name="checkbox", **props)
    return rx.el.label(box, _texts(label, hint), class_name="check")


def radio(label: Node, *, name: str, value: str, hint: Text | None = None, **props: Any) -> rx.Component:
    """One radio of a group that shares a name; put the group into choice_group()."""
    dot = rx.el.input(type="radio", name=name, value=value, class_name="radio", **props)
    return rx.el.label(dot, _texts(label, hint), class_name="check")


def switch(label: Node, *, hint: Text | None = None, **props: Any) -> rx.Component:
    """On or off with effect at once (in a form that is saved later use a checkbox).

    switch(t("settings.weekly_report"), checked=State.weekly, on_change=State.set_weekly)
    """
    box = rx.el.input(type="checkbox", role="switch", class_name="switch", **props)
    return rx.el.label(box, _texts(label, hint), class_name="check check-switch")


def _texts(label: Node, hint: Text | None) -> rx.Component:
    small = rx.el.span(hint, class_name="check-hint") if hint is not None else None
    return rx.el.span(*parts(rx.el.span(label), small), class_name="check-texts")


def date_input(*, name: str, **props: Any) -> rx.Component:
    """A day, as ISO text (2026-01-31); the browser shows it by the reader's locale."""
    return rx.el.input(
        name=name, type="date", class_name=classes("input", "input-date", props.pop("class_name", "")), **props
    )


def money_input(*, name: str, currency: Text, **props: Any) -> rx.Component:
    """An amount with its currency code; the text is parsed on the server in the reader's locale.

    field(t("campaigns.budget"), money_input(name="budget", currency=State.currency, default_value=State.budget_text))
    """
    amount = rx.el.input(
        name=name, type="text", input_mode="decimal", class_name="input input-amount", auto_complete="off", **props
    )
    return rx.el.span(rx.el.span(currency, class_name="input-unit"), amount, class_name="input-wrap input-with-unit")


def search_input(
    value: Text, on_search: Any, *, label: Text, placeholder: Text | None = None, delay: int = 300, name: str = "q"
) -> rx.Component:
    """A search field: reports after a pause of `delay` ms or on Enter; Esc clears.

    search_input(State.q, State.search, label=t("campaigns.list.search"))
    """
    attributes = given(placeholder=placeholder if placeholder is not None else label)
    return react.Search.create(
        icon("search", class_name="search-mark"),
        name=name,
        value=value,
        on_search=on_search,
        delay=delay,
        clear=t("components.search.clear"),
        class_name="input-wrap search",
        custom_attrs={"aria-label": label, "autoComplete": "off", **attributes},
    )


def tag_input(
    *,
    value: Any,
    on_tags: Any = None,
    name: str | None = None,
    placeholder: Text | None = None,
    suggestions: Any = None,
    label: Text | None = None,
) -> rx.Component:
    """Free tags as chips; Enter or a comma adds. Posts as one comma-separated field when it has a name. `label` names
    it where it stands outside of field(); never put it into a <label>, which would press the first chip's button.

    field(t("campaigns.tags"), tag_input(value=State.tags, on_tags=State.set_tags), name="tags")
    """
    props = given(on_tags=on_tags, name=name, placeholder=placeholder, suggestions=suggestions)
    attributes = given(**{"aria-label": label})
    return react.Tags.create(
        value=value,
        remove_label=t("components.tags.remove"),
        class_name="input tags",
        custom_attrs=attributes,
        **props,
    )


def choice_group(*choices: Any, label: Text, hint: Text | None = None, columns: bool = False) -> rx.Component:
    """Checkboxes or radios under one legend.

    choice_group(*[checkbox(text, name="roles", value=key) for key, text in ROLES], label=t("members.roles"))
    """
    small = rx.el.p(hint, class_name="field-hint") if hint is not None else None
    body = rx.el.div(*choices, class_name="choice-list choice-columns" if columns else "choice-list")
    return rx.el.fieldset(*parts(rx.el.legend(label, class_name="field-label"), small, body), class_name="fieldset")
