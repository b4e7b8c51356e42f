"""The list of metrics, as seen."""

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.vocabulary import MetricKind
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.metrics import MetricsState as S
from enterprise_app.web.pages.experiments.parts import may, named, upgrade
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

KINDS = [(kind.value, t(f"experiments.kind.{kind.value}")) for kind in MetricKind]
ARCHIVED = [("true", t("experiments.filter.archived"))]


def metrics() -> rx.Component:
    """All metrics, as the URL asks for."""
    new = rx.cond(may(Permission.METRICS_MANAGE), _new())
    bar = list_parts.bar(
        S,
        list_parts.words(S, "name_like", t("experiments.metric.search")),
        list_parts.choice(S, "kind", t("experiments.field.kind"), KINDS),
        list_parts.choice(S, "archived", t("experiments.filter.shown"), ARCHIVED),
    )
    return ui.stack(
        ui.page_header(t("experiments.metric.list"), t("experiments.metric.text"), [new]),
        upgrade(),
        list_parts.body(S, bar, _table()),
    )


def _new() -> rx.Component:
    return ui.button_link(t("experiments.metric.new"), "/experiments/metrics/new", variant="primary", icon="add")


def _table() -> rx.Component:
    columns = [
        ui.Column(t("experiments.field.name"), _name, sort="name", width="14rem"),
        ui.Column(t("experiments.field.kind"), lambda row: row.kind),
        ui.Column(t("experiments.metric.measures"), lambda row: rx.el.span(row.says, class_name="text-quiet")),
        ui.Column(t("experiments.metric.used"), lambda row: row.used, align="end"),
        ui.Column(t("experiments.field.updated"), lambda row: row.updated, quiet=True, sort="updated_at"),
    ]
    empty = ui.empty_state(
        "target",
        t("experiments.metric.empty.title"),
        t("experiments.metric.empty.text"),
        rx.cond(may(Permission.METRICS_MANAGE), _new()),
    )
    return list_parts.table(S, columns, label=t("experiments.metric.list"), actions=_menu, empty=empty)


def _name(row: Any) -> rx.Component:
    return named(ui.link(rx.el.bdi(row.name), row.href, quiet=True), row.key)


def _menu(row: Any) -> rx.Component:
    archive = ui.menu_item(t("experiments.action.archive"), icon="archive", on_click=S.put(row.id, "archive"))
    restore = ui.menu_item(t("experiments.action.restore"), icon="restore", on_click=S.put(row.id, "restore"))
    menu = ui.menu(
        ui.icon_button("more", t("experiments.more", name=row.name), size="sm"),
        rx.cond(row.archived, restore, archive),
        label=row.name,
        align="end",
    )
    return rx.cond(can(Permission.METRICS_MANAGE), menu)
