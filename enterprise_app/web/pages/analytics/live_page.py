"""The live tail, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.components.react import Tick
from enterprise_app.web.pages.analytics.events_page import event_drawer, event_name
from enterprise_app.web.pages.analytics.live import LiveState as S
from enterprise_app.web.texts import t

AGAIN = 10
"""Seconds after which the numbers are read again where nothing arrives: people leave without telling."""


def live() -> rx.Component:
    """What comes in, while it comes in."""
    state = ui.live_dot(rx.cond(S.paused, t("explorer.live.paused"), t("explorer.live.live")), on=~S.paused)
    pause = ui.button(t("explorer.live.pause"), icon="pause", on_click=S.toggle)
    go_on = ui.button(t("explorer.live.resume"), icon="play", variant="primary", on_click=S.toggle)
    body = rx.cond(S.failed, ui.error_state(on_retry=S.load), ui.stack(_now(), _filters(), _tail()))
    return ui.stack(
        ui.page_header(t("explorer.live.title"), t("explorer.live.text"), [state, rx.cond(S.paused, go_on, pause)]),
        body,
        event_drawer(),
        Tick.create(every=AGAIN, on_tick=S.refresh),
    )


def _now() -> rx.Component:
    return ui.grid(
        ui.stat_tile(t("explorer.live.visitors_5"), S.visitors_5, loading=S.loading),
        ui.stat_tile(t("explorer.live.visitors_30"), S.visitors_30, loading=S.loading),
        ui.stat_tile(t("explorer.live.rate"), S.rate, spark=S.per_minute, loading=S.loading),
        smallest=280,
    )


def _filters() -> rx.Component:
    chosen = ui.filter_select(t("explorer.column.source"), S.sources, S.source, S.pick_source)
    return ui.filter_bar(
        ui.search_input(S.name, S.search, label=t("explorer.events.by_name")),
        rx.cond(S.sources.length() > 0, chosen),
    )


def _tail() -> rx.Component:
    columns = [
        ui.Column(t("explorer.column.event"), event_name),
        ui.Column(t("explorer.column.person"), lambda row: _text(row.person), quiet=True),
        ui.Column(t("explorer.column.path"), lambda row: _text(row.path), quiet=True),
        ui.Column(t("explorer.column.source"), lambda row: rx.el.bdi(row.source), quiet=True),
        ui.Column(t("explorer.live.at"), lambda row: rx.el.bdi(row.at, class_name="nowrap"), align="end"),
    ]
    narrowed = (S.source != "") | (S.name != "")
    empty = ui.empty_state(
        "activity",
        rx.cond(narrowed, t("explorer.live.none_title"), t("explorer.live.quiet_title")),
        rx.cond(narrowed, t("explorer.live.none_text"), t("explorer.live.quiet_text")),
        rx.cond(narrowed, rx.fragment(), ui.button_link(t("explorer.live.all"), "/analytics/events")),
    )
    table = ui.data_table(columns, S.rows, label=t("explorer.live.title"), loading=S.loading, empty=empty)
    return ui.card(table, flush=True)


def _text(text: Any) -> rx.Component:
    return rx.el.bdi(text, class_name="text-clip", title=text)
