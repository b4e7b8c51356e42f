"""The health of the data, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.components.react import Tick
from enterprise_app.web.pages.analytics.health import PRESETS
from enterprise_app.web.pages.analytics.health import HealthState as S
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t


def health() -> rx.Component:
    """What became of what was sent."""
    parts = ui.stack(_waiting(), _filters(), _tiles(), _course(), _sources(), _refused(), _note())
    body = rx.cond(S.nothing & (S.lines.length() == 0) & (S.waiting == ""), _empty(), parts)
    return ui.stack(
        ui.page_header(t("explorer.health.title"), t("explorer.health.text")),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), body),
        _message(),
        Tick.create(every=10, on_tick=S.refresh),
    )


def _empty() -> rx.Component:
    start = rx.cond(
        can(Permission.SOURCES_READ),
        ui.button_link(t("analytics.empty.action"), "/sources", variant="primary", icon="plug"),
    )
    return ui.card(ui.empty_state("activity", t("analytics.empty.title"), t("explorer.health.empty"), start))


def _waiting() -> rx.Component:
    """A rush is no trouble: what came is safe, and on its way."""
    return rx.cond(S.waiting != "", ui.callout(S.waiting))


def _filters() -> rx.Component:
    presets = [("", t("explorer.preset.data")), *[(name, t(f"analytics.preset.{name}")) for name in PRESETS]]
    chosen = ui.filter_select(t("explorer.column.source"), S.sources, S.source, S.pick_source)
    return ui.filter_bar(
        ui.field(t("analytics.overview.from"), ui.date_input(name="start", value=S.start, on_change=S.set_start)),
        ui.field(t("analytics.overview.to"), ui.date_input(name="end", value=S.end, on_change=S.set_end)),
        ui.field(
            t("analytics.overview.period"),
            ui.select(
                presets[1:], name="preset", value="", on_change=S.set_preset, placeholder=t("explorer.preset.choose")
            ),
        ),
        end=[rx.cond(S.sources.length() > 0, chosen)],
    )


def _tiles() -> rx.Component:
    def tile(name: str, previous: Any = None) -> rx.Component:
        label = t(f"explorer.health.{name}")
        return ui.stat_tile(label, S.numbers[name], previous=previous, loading=S.loading)

    return ui.grid(
        tile("accepted", S.size),
        tile("rejected", t("explorer.health.share", share=S.share)),
        tile("duplicates"),
        tile("late"),
        tile("future"),
        tile("bots"),
        smallest=170,
    )


def _course() -> rx.Component:
    drawing = ui.chart(S.labels, S.series, label=t("explorer.health.course"), kind="bar", stacked=True, height=260)
    return ui.card(rx.cond(S.loading, ui.skeleton_block(260), drawing), title=t("explorer.health.course"))


def _sources() -> rx.Component:
    def number(name: str) -> ui.Column:
        return ui.Column(t(f"explorer.health.{name}"), lambda row: getattr(row, name), align="end", quiet=True)

    columns = [
        ui.Column(t("explorer.column.source"), _source),
        number("accepted"),
        number("duplicates"),
        number("rejected"),
        ui.Column(t("explorer.health.rate"), lambda row: ui.badge(row.share, row.tone, dot=True), align="end"),
        number("late"),
        number("future"),
        number("bots"),
        number("size"),
        ui.Column(t("analytics.sources.last"), lambda row: row.last, quiet=True),
    ]
    table = ui.data_table(columns, S.lines, label=t("explorer.health.sources"), loading=S.loading)
    return ui.card(table, title=t("explorer.health.sources"), flush=True)


def _source(row: Any) -> rx.Component:
    return rx.el.button(
        rx.el.bdi(row.name), type="button", class_name="link link-button", on_click=S.pick_source(row.id)
    )


def _refused() -> rx.Component:
    columns = [
        ui.Column(t("explorer.health.problem"), _problem),
        ui.Column(t("explorer.health.fix"), lambda row: rx.el.span(row.fix, class_name="wrap-anywhere"), quiet=True),
        ui.Column(t("explorer.column.source"), lambda row: rx.el.bdi(row.source), quiet=True),
        ui.Column(t("explorer.health.at"), lambda row: rx.el.bdi(row.at, class_name="nowrap"), quiet=True),
    ]
    fine = ui.empty_state("success", t("explorer.health.fine_title"), t("explorer.health.fine_text"), level=3)
    table = ui.data_table(columns, S.samples, label=t("explorer.health.refused"), loading=S.loading, empty=fine)
    reasons = ui.card(
        ui.bar_list(S.codes, label=t("explorer.health.problem"), value_label=t("explorer.health.messages")),
        title=t("explorer.health.reasons"),
    )
    return ui.stack(
        rx.cond(S.codes.length() > 0, reasons),
        ui.card(table, title=t("explorer.health.refused"), flush=True),
    )


def _problem(row: Any) -> rx.Component:
    # No <bdi>: the sentence is in the reader's language, though it may begin with the Latin name of a field.
    return rx.el.button(
        row.problem, type="button", class_name="link link-button wrap-anywhere", on_click=S.open(row.id)
    )


def _note() -> rx.Component:
    return rx.el.p(t("explorer.health.note"), class_name="text-quiet")


def _message() -> rx.Component:
    one = S.shown
    facts = ui.definition_list(
        (t("explorer.health.problem"), one.problem),
        (t("explorer.health.fix"), rx.cond(one.fix != "", one.fix, "–")),
        (t("explorer.health.code"), rx.el.code(one.code, dir="ltr")),
        (t("explorer.column.source"), rx.el.bdi(one.source)),
        (t("explorer.health.at"), rx.el.bdi(one.at)),
        (t("explorer.field.message_id"), rx.cond(one.message_id != "", rx.el.bdi(one.message_id), "–")),
    )
    return ui.drawer(
        ui.stack(
            facts,
            ui.code_block(one.message, title=t("explorer.health.message")),
            rx.el.p(t("explorer.health.masked"), class_name="text-quiet"),
        ),
        open=one.id != "",
        on_close=S.close,
        title=t("explorer.health.refused_one"),
        key="refused",
        size="lg",
    )
