"""The list of flags, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.vocabulary import FlagKind
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.flags import FlagsState as S
from enterprise_app.web.pages.experiments.parts import may, named, upgrade
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

KINDS = [(kind.value, t(f"experiments.flag_kind.{kind.value}")) for kind in FlagKind]
ENABLED = [("true", t("experiments.flag.on")), ("false", t("experiments.flag.off"))]
ARCHIVED = [("true", t("experiments.filter.archived"))]


def flags() -> rx.Component:
    """All flags, as the URL asks for."""
    new = rx.cond(may(Permission.FLAGS_MANAGE), _new())
    bar = list_parts.bar(
        S,
        list_parts.search(S, t("experiments.flag.search")),
        list_parts.choice(S, "enabled", t("experiments.field.state"), ENABLED),
        list_parts.choice(S, "kind", t("experiments.field.kind"), KINDS),
        list_parts.choice(S, "archived", t("experiments.filter.shown"), ARCHIVED),
    )
    question = ui.confirm_dialog(
        open=S.asking != "",
        on_close=S.keep,
        on_confirm=S.switch(S.asking, False),
        title=t("experiments.flag.off.title", name=S.asking_name),
        text=t("experiments.flag.off.text"),
        confirm=t("experiments.flag.switch_off"),
        key="off",
    )
    return ui.stack(
        ui.page_header(t("experiments.flag.list"), t("experiments.flag.text"), [new]),
        upgrade(),
        list_parts.body(S, bar, _table()),
        question,
    )


def _new() -> rx.Component:
    return ui.button_link(t("experiments.flag.new"), "/flags/new", variant="primary", icon="add")


def _table() -> rx.Component:
    columns = [
        ui.Column(t("experiments.field.name"), _name, sort="name"),
        ui.Column(t("experiments.field.state"), _state),
        ui.Column(t("experiments.field.kind"), lambda row: row.kind, quiet=True),
        ui.Column(t("experiments.flag.variations"), lambda row: row.variations, align="end"),
        ui.Column(t("experiments.flag.rules"), lambda row: row.rules, align="end"),
        ui.Column(t("experiments.field.updated"), lambda row: row.updated, quiet=True, sort="updated_at"),
    ]
    empty = ui.empty_state(
        "flag",
        t("experiments.flag.empty.title"),
        t("experiments.flag.empty.text"),
        rx.cond(may(Permission.FLAGS_MANAGE), _new()),
    )
    return list_parts.table(S, columns, label=t("experiments.flag.list"), actions=_menu, empty=empty)


def _name(row: Any) -> rx.Component:
    return named(ui.link(rx.el.bdi(row.name), row.href, quiet=True), row.key)


def _state(row: Any) -> rx.Component:
    on = ui.badge(t("experiments.flag.on"), "success", dot=True)
    off = ui.badge(t("experiments.flag.off"), "neutral", dot=True)
    of_experiment = ui.link(t("experiments.flag.of_experiment"), row.experiment, quiet=True)
    return ui.row(rx.cond(row.enabled, on, off), rx.cond(row.experiment != "", of_experiment))


def _menu(row: Any) -> rx.Component:
    on = ui.menu_item(t("experiments.flag.switch_on"), icon="play", on_click=S.switch(row.id, True))
    off = ui.menu_item(t("experiments.flag.switch_off"), icon="pause", danger=True, on_click=S.ask(row.id))
    archive = ui.menu_item(t("experiments.action.archive"), icon="archive", on_click=S.put(row.id, "archive"))
    restore = ui.menu_item(t("experiments.action.restore"), icon="restore", on_click=S.put(row.id, "restore"))
    menu = ui.menu(
        ui.icon_button("more", t("experiments.more", name=row.name), size="sm"),
        rx.cond(row.archived, restore, rx.fragment(rx.cond(row.enabled, off, on))),
        rx.cond(row.archived | (row.experiment != ""), rx.fragment(), archive),
        label=row.name,
        align="end",
    )
    return rx.cond(can(Permission.FLAGS_MANAGE), menu)
