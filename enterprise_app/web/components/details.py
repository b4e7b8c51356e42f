"""Facts and histories: definition lists and timelines."""

from typing import Any

import reflex as rx

from .markup import Node, Text, filled


def definition_list(*facts: tuple[Text, Node]) -> rx.Component:
    """Names and values of one thing.

    definition_list((t("campaigns.owner"), State.owner), (t("campaigns.status"), badge(…)))
    """
    pairs = [rx.el.div(rx.el.dt(name), rx.el.dd(value), class_name="fact") for name, value in facts]
    return rx.el.dl(*pairs, class_name="facts")


def timeline(entries: Any, *, label: Text) -> rx.Component:
    """What happened, newest first. entries: Var of shapes.Entry.

    timeline(State.activity, label=t("audit.activity"))
    """

    def line(entry: Any) -> rx.Component:
        body = rx.el.div(
            rx.el.p(
                rx.el.span(entry.title, class_name="entry-title"),
                rx.el.time(entry.at, date_time=entry.iso, class_name="entry-at"),
                class_name="entry-head",
            ),
            filled(entry.text, lambda text: rx.el.p(text, class_name="entry-text")),
            class_name="entry-body",
        )
        return rx.el.li(
            rx.el.span(class_name="entry-dot", aria_hidden="true"),
            body,
            class_name="entry",
            custom_attrs={"data-tone": entry.tone},
        )

    return rx.el.ol(rx.foreach(entries, line), class_name="timeline", aria_label=label)
