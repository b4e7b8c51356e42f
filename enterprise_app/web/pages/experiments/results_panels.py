"""What the tabs of results show: a metric in detail, exposures, the variants side by side, versions of the plan."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.components.intervals import line_key
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState as H
from enterprise_app.web.pages.experiments.results import ResultsState as S
from enterprise_app.web.pages.experiments.results_exposures import ExposuresState as E
from enterprise_app.web.pages.experiments.results_history import HistoryState as P
from enterprise_app.web.pages.experiments.results_metric import DAILY, DIMENSIONS, VIEWS
from enterprise_app.web.pages.experiments.results_metric import MetricDetailState as M
from enterprise_app.web.pages.experiments.results_table import outcome_table
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

TALL = 280


def metrics() -> rx.Component:
    """The table, and one of its metrics in detail."""
    table = outcome_table(
        S.rows, label=t("results.tab.metrics"), axis_low=S.axis_low, axis_high=S.axis_high, bayesian=S.bayesian,
        on_choose=M.choose,
    )  # fmt: skip
    foot = ui.row(rx.el.span(S.caption), rx.el.span(S.method), between=True)
    return ui.stack(
        ui.card(table, title=t("results.table.title"), flush=True, footer=foot),
        ui.card(_views(), title=M.name, actions=[_view_choice()], footer=_facts()),
    )


def _view_choice() -> rx.Component:
    """Those that the metric has."""

    def choice(*left_out: str) -> rx.Component:
        options = [(name, t(f"results.view.{name}")) for name in VIEWS if name not in left_out]
        return ui.segmented(options, M.view, M.set_view, label=t("results.view.label"), size="sm")

    with_days = rx.cond(M.spreads, choice(), choice("distribution"))
    without = rx.cond(M.spreads, choice(*DAILY), choice(*DAILY, "distribution"))
    return rx.el.div(rx.cond(M.daily, with_days, without), class_name="results-views")


def _facts() -> rx.Component:
    told = rx.foreach(M.facts, lambda text: rx.el.span(text))
    return ui.row(told, rx.el.span(t("results.as_of", at=S.as_of)), gap=4)


def _views() -> Any:
    shown = rx.match(
        M.view,
        ("values", _course(t("results.view.values"), t("results.values.text"))),
        ("looks", _looks()),
        ("distribution", _distribution()),
        ("segments", _segments()),
        ("method", _methods()),
        _course(t("results.view.time"), t("results.time.text")),
    )
    return rx.cond(M.loading, ui.skeleton_block(TALL), shown)


def _course(label: Any, text: Any) -> rx.Component:
    nothing = ui.empty_state("analytics", t("results.time.none"), t("results.time.none_text"), level=3)
    chart = ui.chart(
        M.labels, M.series, label=label, kind="line", height=TALL, number_format=M.number_format, currency=M.currency
    )
    return rx.cond(
        M.series.length() > 0,
        ui.stack(
            rx.el.p(text, rx.cond(M.cropped, rx.el.span(" ", t("results.time.cropped"))), class_name="text-quiet flat"),
            chart,
        ),
        nothing,
    )


def _looks() -> rx.Component:
    nothing = ui.empty_state("eye", t("results.looks.none"), t("results.looks.none_text"), level=3)
    effect = ui.chart(
        M.looks.labels, M.looks.effect, label=t("results.looks.effect"), kind="line", height=TALL,
        number_format=M.number_format, currency=M.currency, marks=M.looks.marks,
    )  # fmt: skip
    value = ui.chart(
        M.looks.labels, M.looks.value, label=t("results.view.values"), kind="line", height=TALL,
        number_format=M.number_format, currency=M.currency, marks=M.looks.marks,
    )  # fmt: skip
    p = ui.chart(
        M.looks.labels, M.looks.p, label=t("results.looks.p"), kind="line", height=TALL - 60, number_format="p",
        log=True, marks=M.looks.marks,
    )  # fmt: skip
    told = rx.el.ul(rx.foreach(M.looks.told, lambda text: rx.el.li(text)), class_name="advice-lines")
    return rx.cond(
        M.looks.labels.length() > 0,
        ui.stack(
            rx.el.p(t("results.looks.text"), class_name="text-quiet flat"),
            told,
            rx.cond(M.looks.effect.length() > 0, _drawn(t("results.looks.effect"), effect),
                    _drawn(t("results.view.values"), value)),
            rx.cond(M.looks.p.length() > 0, _drawn(t("results.looks.p"), p)),
        ),
        nothing,
    )  # fmt: skip


def _drawn(title: Any, chart: rx.Component) -> rx.Component:
    return rx.el.section(rx.el.h3(title, class_name="card-title"), chart, class_name="stack gap-2")


def _origin() -> Any:
    return rx.cond(M.origin != "", ui.badge(M.origin, M.origin_tone))


def _distribution() -> rx.Component:
    chart = ui.chart(
        M.labels, M.series, label=t("results.view.distribution"), kind="bar", height=TALL, number_format="percent"
    )
    columns = [
        ui.Column(t("results.column.variant"), _named),
        ui.Column(t("results.column.units"), lambda row: row.units, align="end"),
        ui.Column(t("results.spread.zeros"), lambda row: row.zeros, align="end"),
        ui.Column(t("results.spread.mean"), lambda row: row.mean, align="end"),
        ui.Column(t("results.spread.most"), lambda row: row.most, align="end"),
    ]
    return ui.stack(
        ui.row(rx.el.p(t("results.spread.text"), class_name="text-quiet flat"), _origin(), between=True),
        rx.cond(M.series.length() > 0, chart),
        ui.data_table(columns, M.spread, label=t("results.view.distribution")),
    )


def _named(row: Any) -> rx.Component:
    return rx.el.span(line_key(row.hue), rx.el.bdi(row.name), class_name="variant-name")


def _segments() -> rx.Component:
    options = [(name, t(f"results.dimension.{name}")) for name in DIMENSIONS]
    choice = ui.filter_select(t("results.segment.by"), options, M.dimension, M.set_dimension, any_text=None)
    table = outcome_table(M.segments, label=t("results.view.segments"), axis_low=M.axis_low, axis_high=M.axis_high)
    nothing = ui.empty_state("people", t("results.segment.none"), level=3)
    return ui.stack(
        ui.row(choice, rx.el.span(M.differs, class_name="text-quiet"), _origin(), between=True),
        rx.cond(M.segments.length() > 0, rx.el.div(table, class_name="bleed"), nothing),
        rx.el.p(t("results.segment.text"), class_name="text-quiet flat"),
    )


def _methods() -> rx.Component:
    def line(one: Any) -> rx.Component:
        how = rx.el.span(
            rx.el.bdi(one.method, lang="en"),
            rx.el.span(" · "),
            rx.el.bdi(one.source, lang="en"),
            class_name="text-quiet",
        )
        return rx.el.div(
            rx.el.dt(one.title), rx.el.dd(rx.el.span(one.result, class_name="cell-main"), rx.el.br(), how),
            class_name="fact",
        )  # fmt: skip

    def row(one: Any) -> rx.Component:
        notes = rx.el.ul(rx.foreach(one.notes, lambda text: rx.el.li(text)), class_name="plain-list text-quiet")
        return rx.el.section(
            rx.el.h3(_named(one), class_name="card-title"),
            rx.el.dl(rx.foreach(one.lines, line), class_name="facts"),
            rx.cond(one.notes.length() > 0, notes),
            class_name="stack gap-3",
        )

    return ui.stack(rx.el.p(t("results.method.text"), class_name="text-quiet flat"), rx.foreach(M.methods, row), gap=5)


def exposures() -> rx.Component:
    """Units of each variant, over time and against the plan."""
    columns = [
        ui.Column(t("results.column.variant"), _named),
        ui.Column(t("results.column.units"), lambda row: row.units, align="end"),
        ui.Column(t("results.exposures.expected"), lambda row: row.expected, align="end"),
        ui.Column(t("results.exposures.share"), lambda row: row.share, align="end"),
        ui.Column(t("results.exposures.weight"), lambda row: row.weight, align="end"),
        ui.Column(t("results.exposures.conflicted"), lambda row: row.conflicted, align="end"),
    ]
    meters = rx.foreach(E.rows, lambda row: ui.meter(row.name, row.progress, row.percent))
    method = rx.cond(
        E.method != "",
        rx.el.span(rx.el.bdi(E.method, lang="en"), " · ", rx.el.bdi(E.source, lang="en")),
        rx.el.span(),
    )
    split = ui.row(ui.badge(S.split, S.split_tone, dot=True), rx.el.span(S.split_text, dir="ltr"))
    total = ui.chart(E.labels, E.total, label=t("results.exposures.total"), kind="line", height=TALL)
    daily = ui.chart(E.labels, E.daily, label=t("results.exposures.daily"), kind="bar", height=TALL, stacked=True)
    shown = ui.stack(
        ui.card(ui.data_table(columns, E.rows, label=t("results.exposures.split")), title=t("results.exposures.split"),
                actions=[split], flush=True, footer=method),
        ui.card(ui.stack(meters, rx.cond(E.pace != "", rx.el.p(E.pace, class_name="text-quiet flat"))),
                title=t("results.exposures.progress")),
        ui.grid(ui.card(total, title=t("results.exposures.total")), ui.card(daily, title=t("results.exposures.daily")),
                smallest=420),
    )  # fmt: skip
    return rx.cond(E.loading, ui.skeleton_block(TALL), shown)


def history() -> rx.Component:
    """Versions of the plan, and the same test elsewhere."""

    def plan(one: Any) -> rx.Component:
        now = rx.cond(one.now, ui.badge(t("results.plan.now"), "success", dot=True))
        facts = [
            (t("results.plan.weights"), rx.el.bdi(one.weights)),
            (t("results.plan.coverage"), one.coverage),
            (t("results.plan.metrics"), one.metrics),
            (t("results.plan.settings"), one.settings),
        ]
        return ui.card(
            ui.definition_list(*facts),
            title=one.title,
            actions=[ui.row(rx.el.span(one.period, class_name="text-quiet"), now)],
        )

    shown = ui.stack(
        ui.section(t("results.plan.title"), rx.foreach(P.plans, plan), description=t("results.plan.text")), elsewhere()
    )
    return rx.cond(P.loading, ui.skeleton_block(TALL), shown)


def elsewhere() -> rx.Component:
    """Results of the same test that were submitted."""

    def external(one: Any) -> rx.Component:
        told = rx.el.ul(rx.foreach(one.sentences, lambda text: rx.el.li(text)), class_name="plain-list")
        table = outcome_table(
            one.rows, label=t("results.external.title"), axis_low=one.axis_low, axis_high=one.axis_high
        )
        when = ui.row(
            rx.cond(one.period != "", rx.el.span(one.period)),
            rx.el.span(t("results.external.at", at=one.submitted)),
            gap=4,
        )
        return ui.card(
            rx.el.div(told, class_name="card-body"), table, title=rx.el.bdi(one.source), flush=True, footer=when
        )

    enter = ui.button_link(t("elsewhere.open"), "/experiments/" + H.key + "/elsewhere", size="sm", icon="add")
    nothing = rx.el.p(t("results.external.none"), class_name="text-quiet flat")
    return ui.section(
        t("results.external.title"),
        rx.cond(P.externals.length() > 0, rx.foreach(P.externals, external), nothing),
        description=t("results.external.text"),
        actions=[rx.cond(can(Permission.EXPERIMENTS_UPDATE), enter)],
    )
