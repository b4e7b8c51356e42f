"""The list of imports, as seen."""

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.web import components as ui
from enterprise_app.web.pages.analytics.imports import FILTERED
from enterprise_app.web.pages.analytics.imports import ImportsState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

STATES = [(state.value, t(f"imports.state.{state.value}")) for state in FILTERED]
FORMATS = [(known.value, t(f"imports.format.{known.name.lower()}")) for known in FileFormat]


def imports() -> rx.Component:
    """All imports, newest first."""
    may = can(Permission.EVENTS_IMPORT)
    return ui.stack(
        ui.page_header(t("imports.title"), t("imports.text"), [rx.cond(may, _new())]),
        list_parts.body(S, _filters(), _table(may)),
        _confirm(),
    )


def _new() -> rx.Component:
    return ui.button_link(t("imports.new"), "/imports/new", variant="primary", icon="upload")


def _filters() -> rx.Component:
    return list_parts.bar(
        S,
        list_parts.choice(S, "state", t("imports.filter.state"), STATES),
        list_parts.choice(S, "format", t("imports.format"), FORMATS),
    )


def _table(may: Any) -> rx.Component:
    columns = [
        ui.Column(t("imports.column.file"), _file),
        ui.Column(t("imports.column.state"), _state, width="15rem"),
        ui.Column(t("imports.column.added"), lambda row: row.accepted, align="end"),
        ui.Column(t("imports.column.known"), lambda row: row.duplicates, align="end"),
        ui.Column(t("imports.column.rejected"), _rejected, align="end"),
        ui.Column(t("imports.column.started"), lambda row: row.started, quiet=True, sort="created_at"),
    ]
    empty = ui.empty_state("upload", t("imports.empty.title"), t("imports.empty.text"), rx.cond(may, _new()))
    return list_parts.table(S, columns, label=t("imports.title"), empty=empty, actions=lambda row: _menu(row, may))


def _file(row: Any) -> rx.Component:
    return ui.stack(
        rx.el.bdi(row.file, class_name="import-name"), rx.el.span(row.about, class_name="import-note"), gap=1
    )


def _state(row: Any) -> rx.Component:
    bar = ui.progress(row.state, row.percent, text=row.progress)
    error = rx.cond(row.error != "", rx.el.p(row.error, class_name="import-note"))
    return rx.cond(row.running, bar, ui.stack(ui.row(ui.badge(row.state, row.tone, dot=True)), error, gap=1))


def _rejected(row: Any) -> rx.Component:
    link = rx.el.a(
        row.rejected,
        ui.icon("download", 14),
        href=row.rejects_href,
        download=True,
        reload_document=True,
        title=t("imports.download"),
        aria_label=t("imports.download"),
        class_name="link link-quiet import-download",
    )
    return rx.cond(row.rejects_href != "", link, row.rejected)


def _menu(row: Any, may: Any) -> rx.Component:
    cancel = ui.menu_item(t("imports.cancel"), icon="close", on_click=S.ask(row.id))
    repeat = ui.menu_item(t("imports.again"), icon="refresh", on_click=S.repeat(row.id))
    download = ui.menu_link(t("imports.download"), row.rejects_href, icon="download", external=True)
    menu = ui.menu(
        ui.icon_button("more", t("imports.more", name=row.file), size="sm"),
        rx.cond(may & row.can_cancel, cancel),
        rx.cond(may & row.can_repeat, repeat),
        rx.cond(row.rejects_href != "", download),
        label=row.file,
        align="end",
    )
    return rx.cond((may & (row.can_cancel | row.can_repeat)) | (row.rejects_href != ""), menu)


def _confirm() -> rx.Component:
    return ui.confirm_dialog(
        open=S.asking != "",
        on_close=S.close,
        on_confirm=S.cancel,
        title=t("imports.cancel.title"),
        text=t("imports.cancel.text"),
        confirm=t("imports.cancel.confirm"),
        key="cancel-import",
    )
