"""Forms: a field joins label, control, hint and error for the eye and for screen readers."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from enterprise_app.web.texts import t

from . import react
from .icons import icon
from .markup import Flag, Node, Text, classes, filled, given, parts

_TAGS = {"input", "select", "textarea"}
_OURS = (react.Password, react.Tags)


class NativeForm(BaseHTML):
    """A <form> the browser itself posts: rx.el.form always takes the submission over, which sign-in must not."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]
    enc_type: rx.Var[str]
    no_validate: rx.Var[bool]


def native_form(*children: Any, action: Text, method: str = "post", **props: Any) -> rx.Component:
    """A form that posts to an HTTP route (sign-in, sign-up, uploads).

    native_form(field(…), submit_row(button(t("identity.sign_in"), variant="primary", type="submit")),
                action="/auth/sign-in")
    """
    return NativeForm.create(*children, action=action, method=method, class_name="form", **props)


def form(*children: Any, on_submit: Any, **props: Any) -> rx.Component:
    """A form that a State handler receives as a dict; errors come back as Vars for field(error=…).

    form(field(…), submit_row(button(t("x.save"), variant="primary", type="submit", loading=State.saving)),
         on_submit=State.save)
    """
    return rx.el.form(*children, on_submit=on_submit, class_name="form", **props)


def submit_row(*buttons: Any) -> rx.Component:
    """The buttons under a form, the primary one first."""
    return rx.el.div(*buttons, class_name="submit-row")


def field(
    label: Text,
    control: rx.Component,
    *,
    hint: Text | None = None,
    error: Text | None = None,
    required: bool = False,
    optional: bool = False,
    name: str | None = None,
    aside: Node | None = None,
) -> rx.Component:
    """Label, control, hint, error. The control gets id, aria-describedby, aria-invalid and required from here.

    field(t("campaigns.name"), text_input(name="name"), error=State.errors["name"], required=True)
    aside stands at the end of the label's line (a "Forgot?" link); name is needed only if the control has none.
    """
    target = _control_of(control)
    key = name or _name_of(target)
    _connect(target, key, hint=hint, error=error, required=required)
    mark = rx.el.span(t("components.field.optional"), class_name="field-optional") if optional else None
    caption = rx.el.label(*parts(label, mark), html_for=f"f-{key}", class_name="field-label")
    head = rx.el.div(*parts(caption, aside), class_name="field-head")
    return rx.el.div(
        *parts(
            head,
            control,
            filled(hint, lambda text: rx.el.p(text, class_name="field-hint", custom_attrs={"id": f"f-{key}-hint"})),
            _error(key, error),
        ),
        class_name=classes("field", "field-required" if required else ""),
    )


def _error(key: str, error: Text | None) -> Any:
    def build(text: Any) -> rx.Component:
        return rx.el.p(
            icon("danger", 14), rx.el.span(text), class_name="field-error", custom_attrs={"id": f"f-{key}-error"}
        )

    return filled(error, build)


def _connect(target: rx.Component, key: str, *, hint: Any, error: Any, required: bool) -> None:
    ids = " ".join(
        part
        for part in ([f"f-{key}-hint"] if hint is not None else []) + ([f"f-{key}-error"] if error is not None else [])
    )
    broken: Any = rx.cond(error, "true", "false") if isinstance(error, rx.Var) else str(bool(error)).lower()
    attributes = given(**{"aria-describedby": ids or None, "aria-invalid": broken if error is not None else None})
    target.custom_attrs = {
        "id": f"f-{key}",
        **target.custom_attrs,
        **attributes,
        **({"required": True} if required else {}),
    }


def _control_of(component: rx.Component) -> rx.Component:
    """The first real control inside the wrappers that selects, amounts and passwords have."""
    queue: list[Any] = [component]
    while queue:
        found = queue.pop(0)
        if isinstance(found, _OURS) or getattr(found, "tag", None) in _TAGS or type(found).__name__ == "DebounceInput":
            return found
        queue += getattr(found, "children", [])
    raise ValueError("field() needs a control: text_input, select, textarea, …")


def _name_of(target: rx.Component) -> str:
    name = getattr(target, "name", None)
    if name is None:
        name = target.custom_attrs.get("name")
    value = getattr(name, "_var_value", name)
    if not isinstance(value, str):
        raise ValueError("field() needs name=… when its control has none")
    return value


def error_summary(title: Text, errors: Any = None, *, shown: Flag = True) -> rx.Component:
    """What is wrong with a form, above it, announced at once. errors: Var of shapes.FieldError, each a link.

    error_summary(t("x.wrong"), State.error_list, shown=State.error_list.length() > 0)
    """

    def entry(error: Any) -> rx.Component:
        return rx.el.li(rx.el.a(error.text, href="#f-" + error.name, class_name="link"))

    lines = rx.el.ul(rx.foreach(errors, entry), class_name="summary-list") if errors is not None else None
    text = rx.el.div(*parts(rx.el.p(title, class_name="callout-title"), lines))
    box = rx.el.div(icon("danger", 18), text, class_name="callout callout-danger", role="alert")
    return rx.cond(shown, box, rx.fragment()) if isinstance(shown, rx.Var) else (box if shown else rx.fragment())
