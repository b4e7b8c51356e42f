"""Recommendations, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.parts import may, unless_included
from enterprise_app.web.pages.experiments.recommending import RecommendingState as S
from enterprise_app.web.texts import t


def recommendations() -> rx.Component:
    """All that the past says, or why it says nothing yet."""
    told = ui.stack(_standing(), _evidence(), rx.cond(S.learned, _learned()), _next(), _known())
    shown = rx.cond(S.loading, ui.skeleton_page(), rx.cond(S.metrics.length() == 0, _empty(), told))
    body = rx.cond(S.failed, ui.error_state(on_retry=S.load), shown)
    above = ui.link(t("recommending.back"), "/experiments")
    new = rx.cond((S.metrics.length() > 0) & may(Permission.EXPERIMENTS_CREATE), _new())
    return ui.stack(
        ui.page_header(t("recommending.title"), t("recommending.text"), [new], above=above),
        unless_included(body, t("recommending.upgrade")),
    )


def _new() -> rx.Component:
    return ui.button_link(t("recommending.new"), "/experiments/new", icon="add", variant="primary")


def _empty() -> rx.Component:
    decide = ui.button_link(t("recommending.empty.running"), "/experiments?state=running", icon="experiment")
    ways = ui.row(decide, rx.cond(may(Permission.EXPERIMENTS_CREATE), _new()))
    return ui.card(ui.empty_state("sparkles", t("recommending.empty.title"), t("recommending.empty.text"), ways))


def _standing() -> rx.Component:
    """Whether anything was learned, and by which metric."""
    yes = ui.callout(S.proof, title=t("recommending.learned"), tone="success")
    why = rx.el.div(rx.el.p(S.reason), rx.cond(S.proof != "", rx.el.p(S.proof)))
    no = ui.callout(why, title=t("recommending.not_enough"), tone="warning")
    metric = ui.field(
        t("recommending.metric"),
        ui.select(S.metrics, name="metric", value=S.metric, on_change=S.pick_metric),
    )
    return ui.stack(rx.el.div(metric, style={"maxInlineSize": "22rem"}), rx.cond(S.learned, yes, no))


def _evidence() -> rx.Component:
    tiles = [
        ui.stat_tile(t(f"recommending.evidence.{name}"), S.tiles[name])
        for name in ("tests", "variants", "better", "covered")
    ]
    drawing = ui.chart(
        S.labels, S.series, label=t("recommending.evidence.title"), kind="bar", number_format="percent", height=280
    )
    note = rx.el.p(t("recommending.evidence.note"), class_name="text-quiet")
    card = ui.card(ui.stack(note, drawing), title=t("recommending.evidence.title"))
    return rx.cond(S.labels.length() > 0, ui.stack(ui.grid(*tiles, smallest=170), card))


def _learned() -> rx.Component:
    none = rx.el.p(t("recommending.best.none"), class_name="text-quiet")
    best = rx.cond(S.best.length() > 0, _gains(S.best, "best"), none)
    return ui.stack(
        ui.card(best, title=t("recommending.best.title"), flush=True),
        rx.cond(S.optima.length() > 0, _changes(S.optima, "optima", t("recommending.column.parameter"))),
        ui.card(_gains(S.predictions, "predictions"), title=t("recommending.predictions.title"), flush=True),
        _changes(S.features, "features", t("recommending.column.feature"), share=True),
    )


def _gains(rows: Any, name: str) -> rx.Component:
    columns = [ui.Column(t("recommending.column.change"), _name), *_numbers()]
    return ui.data_table(columns, rows, label=t(f"recommending.{name}.title"))


def _changes(rows: Any, name: str, head: Any, *, share: bool = False) -> rx.Component:
    columns = [
        ui.Column(head, _name),
        ui.Column(t("recommending.column.best"), lambda row: rx.el.bdi(row.change, class_name="wrap-anywhere")),
        *_numbers(),
    ]
    if share:
        columns.append(ui.Column(t("recommending.column.share"), lambda row: row.share, align="end", quiet=True))
    table = ui.data_table(columns, rows, label=t(f"recommending.{name}.title"))
    return ui.card(table, title=t(f"recommending.{name}.title"), flush=True)


def _numbers() -> list[ui.Column]:
    return [
        ui.Column(t("recommending.column.gain"), lambda row: _number(row.gain), align="end"),
        ui.Column(t("recommending.column.interval"), lambda row: row.interval, align="end", quiet=True),
        ui.Column(t("recommending.column.chance"), lambda row: row.chance, align="end", quiet=True),
    ]


def _number(text: Any) -> rx.Component:
    return rx.el.bdi(text, class_name="nowrap", dir="ltr")


def _name(row: Any) -> rx.Component:
    strange = ui.badge(t("recommending.unseen"), "warning")
    return rx.el.span(
        rx.el.bdi(row.name, class_name="wrap-anywhere"), rx.cond(row.unseen, strange), class_name="stack gap-1"
    )


def _next() -> rx.Component:
    rows = rx.cond(
        S.learned,
        _gains(S.tried, "next"),
        ui.data_table([ui.Column(t("recommending.column.change"), _name)], S.tried, label=t("recommending.next.title")),
    )
    body = ui.stack(rx.el.p(S.worth, class_name="text-quiet"), rows)
    none = rx.el.p(t("recommending.next.none"), class_name="text-quiet")
    return ui.card(rx.cond(S.tried.length() > 0, body, none), title=t("recommending.next.title"))


def _known() -> rx.Component:
    current = ui.card(_facts(S.current), title=t("recommending.current"))
    left_out = ui.card(_facts(S.left_out), title=t("recommending.left_out.title"))
    return ui.stack(
        ui.grid(
            rx.cond(S.current.length() > 0, current),
            rx.cond(S.left_out.length() > 0, left_out),
            smallest=280,
        ),
        rx.el.p(t("recommending.note"), class_name="text-quiet"),
    )


def _facts(facts: Any) -> rx.Component:
    def fact(one: Any) -> rx.Component:
        value = rx.el.dd(rx.el.bdi(one.value, class_name="wrap-anywhere"))
        return rx.el.div(rx.el.dt(rx.el.bdi(one.name)), value, class_name="fact")

    return rx.el.dl(rx.foreach(facts, fact), class_name="facts")
