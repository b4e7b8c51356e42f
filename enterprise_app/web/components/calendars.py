"""A month as a grid of days with what falls on them."""

from typing import Any

import reflex as rx

from enterprise_app.web.texts import t

from .actions import button, icon_button
from .markup import Handler, Text
from .navigation import RouterLink
from .shapes import Day


def calendar_month(
    title: Text, weekdays: Any, weeks: Any, *, on_previous: Handler, on_next: Handler, on_today: Handler
) -> rx.Component:
    """A month. weekdays: Var[list[str]] in the locale's order; weeks: Var[list[list[shapes.Day]]].

    calendar_month(State.month_title, State.weekdays, State.weeks, on_previous=State.previous_month, …)
    """
    head = rx.el.div(
        rx.el.h2(title, class_name="card-title", aria_live="polite"),
        rx.el.div(
            button(t("components.calendar.today"), size="sm", on_click=on_today),
            icon_button("chevron_start", t("components.calendar.previous"), size="sm", on_click=on_previous),
            icon_button("chevron_end", t("components.calendar.next"), size="sm", on_click=on_next),
            class_name="row gap-1",
        ),
        class_name="card-head",
    )
    names = rx.el.tr(rx.foreach(weekdays, lambda name: rx.el.th(name, scope="col")))
    body = rx.el.tbody(rx.foreach(weeks, lambda week: rx.el.tr(rx.foreach(week.to(list[Day]), _day))))
    table = rx.el.table(rx.el.thead(names), body, class_name="month", aria_label=title)
    return rx.el.div(
        head,
        rx.el.div(table, class_name="month-frame", tab_index=0, role="region", aria_label=title),
        class_name="card",
    )


def _day(day: Any) -> rx.Component:
    number = rx.el.time(
        rx.el.span(day.number, aria_hidden="true"),
        rx.el.span(day.label, class_name="visually-hidden"),
        date_time=day.iso,
        class_name="day-number",
    )
    marks = rx.el.ul(
        rx.foreach(
            day.marks,
            lambda mark: rx.el.li(
                RouterLink.create(
                    mark.title,
                    to=mark.href,
                    class_name="mark",
                    custom_attrs={"dir": "auto", "data-tone": mark.tone, "title": mark.title},
                )
            ),
        ),
        class_name="marks",
    )
    state = {"data-outside": rx.cond(day.outside, "true", "false"), "data-today": rx.cond(day.today, "true", "false")}
    return rx.el.td(number, marks, custom_attrs=state)
