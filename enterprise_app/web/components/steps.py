"""Wizards: where one stands among their steps, and the way between them. Each step has an address of its own."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from . import react
from .icons import icon
from .markup import Node, Text, parts
from .navigation import RouterLink

DONE, WRONG, MISSING = "done", "wrong", "missing"
"""What a step may be marked as: right, to be mended, or not enough yet."""


def steps(
    items: Sequence[tuple[str, Text]], current: Any, marks: Any, *, href: Callable[[str], Text], label: Text
) -> rx.Component:
    """The steps of a wizard in their order, each a link; `marks` (a Var of a dict by step) says how each stands.

    steps([("idea", t("x.idea")), ("plan", t("x.plan"))], State.step, State.marks, href=lambda s: f"?step={s}",
          label=t("x.steps"))
    """
    shown = [
        rx.el.li(_step(number, key, text, current, marks[key], href(key)), class_name="step-item")
        for number, (key, text) in enumerate(items, 1)
    ]
    return rx.el.nav(rx.el.ol(*shown, class_name="steps"), aria_label=label)


def _step(number: int, key: str, text: Text, current: Any, mark: Any, href: Text) -> rx.Component:
    is_here, figure = current == key, rx.el.span(str(number))
    number_or_mark = rx.match(
        mark,
        (DONE, rx.cond(is_here, figure, icon("check", 14))),
        (WRONG, icon("danger", 14)),
        (MISSING, icon("minus", 14)),
        figure,
    )
    told = rx.match(mark, *[(name, t(f"components.step.{name}")) for name in (DONE, WRONG, MISSING)], "")
    return RouterLink.create(
        rx.el.span(number_or_mark, class_name="step-mark", aria_hidden="true"),
        rx.el.span(text, class_name="step-name"),
        rx.el.span(told, class_name="visually-hidden"),
        to=href,
        class_name="step",
        custom_attrs={
            "aria-current": rx.cond(is_here, "step", "false") if isinstance(is_here, rx.Var) else _current(is_here),
            "data-mark": mark,
        },
    )


def _current(is_here: bool) -> str:
    return "step" if is_here else "false"


def step_title(text: Text, step: Any, *, above: Node | None = None, below: Node | None = None) -> rx.Component:
    """The title of the step that is open. It takes the focus when the step changes, so that keyboard and screen reader
    go on there; `above` is "Step 2 of 6", `below` what the step is about."""
    return rx.el.div(
        *parts(
            rx.el.p(above, class_name="step-count") if above is not None else None,
            react.StepTitle.create(text, step=step, class_name="section-title"),
            rx.el.p(below, class_name="section-text") if below is not None else None,
        ),
        class_name="step-head",
    )


def step_bar(*, back: Node | None = None, note: Node | None = None, forward: Sequence[Node] = ()) -> rx.Component:
    """The way back at the start and the ways on at the end, always in sight; `note` stands between them."""
    return rx.el.div(
        rx.el.div(*parts(back), class_name="step-bar-start"),
        *parts(rx.el.div(note, class_name="step-bar-note") if note is not None else None),
        rx.el.div(*forward, class_name="step-bar-end"),
        class_name="step-bar",
    )
