"""The list of experiments, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.vocabulary import ExperimentAction, ExperimentState
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.actions import ICONS
from enterprise_app.web.pages.experiments.parts import may, named, upgrade
from enterprise_app.web.pages.experiments.state import ExperimentsState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

STATES = [(state.value, t(f"experiments.state.{state.value}")) for state in ExperimentState]
IN_ROWS = (ExperimentAction.PAUSE, ExperimentAction.RESUME, ExperimentAction.ARCHIVE, ExperimentAction.RESTORE)


def experiments() -> rx.Component:
    """All experiments, as the URL asks for."""
    layers = ui.button_link(t("experiments.layer.link"), "/experiments/layers", icon="options", variant="ghost")
    advice = ui.button_link(t("experiments.list.next"), "/experiments/recommendations", icon="sparkles")
    new = rx.cond(may(Permission.EXPERIMENTS_CREATE), _new())
    return ui.stack(
        ui.page_header(t("experiments.list.title"), t("experiments.list.text"), [layers, advice, new]),
        upgrade(),
        list_parts.body(S, _bar(), _table()),
    )


def _new() -> rx.Component:
    return ui.button_link(t("experiments.new"), "/experiments/new", variant="primary", icon="add")


def _bar() -> rx.Component:
    return list_parts.bar(
        S,
        list_parts.search(S, t("experiments.list.search")),
        list_parts.choice(S, "state", t("experiments.field.state"), STATES),
    )


def _table() -> rx.Component:
    columns = [
        ui.Column(t("experiments.field.name"), _name, sort="name"),
        ui.Column(t("experiments.field.state"), lambda row: ui.badge(row.state_text, row.tone, dot=True), sort="state"),
        ui.Column(t("experiments.field.progress"), _progress, width="13rem"),
        ui.Column(t("experiments.field.variants"), lambda row: row.variants, align="end"),
        ui.Column(t("experiments.field.started"), lambda row: _or_dash(row.started), sort="started_at"),
        ui.Column(t("experiments.field.updated"), lambda row: row.updated, quiet=True, sort="updated_at"),
    ]
    metric = ui.button_link(t("experiments.empty.metric"), "/experiments/metrics/new", icon="target")
    ways = ui.row(
        rx.cond(may(Permission.METRICS_MANAGE), metric),
        rx.cond(may(Permission.EXPERIMENTS_CREATE), _new()),
    )
    empty = ui.empty_state("experiment", t("experiments.empty.title"), t("experiments.empty.text"), ways)
    return list_parts.table(S, columns, label=t("experiments.list.title"), actions=_menu, empty=empty)


def _name(row: Any) -> rx.Component:
    return named(ui.link(rx.el.bdi(row.name), row.href, quiet=True), row.key)


def _or_dash(text: Any) -> Any:
    return rx.cond(text != "", text, "–")


def _progress(row: Any) -> rx.Component:
    bar = ui.meter(row.progress, "", row.percent, tone=rx.cond(row.percent >= 100, "success", "accent"))
    outcome = rx.cond(row.outcome != "", ui.badge(row.outcome, row.outcome_tone), "–")
    return rx.cond(row.percent >= 0, bar, outcome)


def _menu(row: Any) -> rx.Component:
    acts = [
        rx.cond(
            row.actions.contains(name.value) & can(Permission.EXPERIMENTS_RUN),
            ui.menu_item(t(f"experiments.action.{name.value}"), icon=ICONS[name], on_click=S.act(row.id, name.value)),
        )
        for name in IN_ROWS
    ]
    menu = ui.menu(
        ui.icon_button("more", t("experiments.more", name=row.name), size="sm"),
        rx.cond(
            can(Permission.EXPERIMENTS_UPDATE) & (row.state != "archived"),
            ui.menu_link(t("experiments.edit"), row.href + "/edit", icon="edit"),
        ),
        ui.menu_item(t("experiments.duplicate"), icon="copy", on_click=S.duplicate(row.id)),
        *acts,
        label=row.name,
        align="end",
    )
    return rx.cond(can(Permission.EXPERIMENTS_CREATE), menu)
