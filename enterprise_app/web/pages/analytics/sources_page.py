"""Sources, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.vocabulary import DoNotTrack, SourceKind
from enterprise_app.web import components as ui
from enterprise_app.web.pages.analytics.sources import WAYS
from enterprise_app.web.pages.analytics.sources import SourcesState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

ALL_KINDS = [(kind.value, t(f"analytics.kind.{kind.value}")) for kind in SourceKind]
KINDS = [(kind, text) for kind, text in ALL_KINDS if kind in (SourceKind.WEB, SourceKind.SERVER)]
WAY_NAMES = [(way, t(f"analytics.sources.way.{way}")) for way in WAYS]
ASKED = [(setting.value, t(f"analytics.sources.dnt.{setting.value}")) for setting in DoNotTrack]
STATUS_TONES = (("receiving", "success"), ("waiting", "warning"), ("revoked", "neutral"), ("imports", "info"))


def sources() -> rx.Component:
    """Where events come from."""
    add = ui.button(t("analytics.sources.add"), variant="primary", icon="add", on_click=S.start_adding)
    return ui.stack(
        ui.page_header(
            t("analytics.sources.title"), t("analytics.sources.text"), [rx.cond(can(Permission.SOURCES_MANAGE), add)]
        ),
        list_parts.body(S, _filters(), _table(add), _recent_imports()),
        _form(),
        _shown(),
        _confirm(),
    )


def _filters() -> rx.Component:
    return list_parts.bar(S, list_parts.choice(S, "kind", t("analytics.sources.kind"), ALL_KINDS))


def _table(add: rx.Component) -> rx.Component:
    columns = [
        ui.Column(t("analytics.sources.name"), lambda row: row.name, sort="name"),
        ui.Column(t("analytics.sources.kind"), lambda row: row.kind, quiet=True),
        ui.Column(t("analytics.sources.status"), _status),
        ui.Column(t("analytics.sources.key"), lambda row: rx.el.code(row.write_key, dir="ltr", class_name="code-clip")),
        ui.Column(t("analytics.sources.last"), lambda row: row.last_event, quiet=True),
    ]
    empty = ui.empty_state(
        "plug",
        t("analytics.sources.empty_title"),
        t("analytics.sources.empty_text"),
        rx.cond(can(Permission.SOURCES_MANAGE), add),
    )
    return list_parts.table(S, columns, label=t("analytics.sources.title"), actions=_menu, empty=empty)


def _status(row: Any) -> Any:
    return rx.match(
        row.status,
        *[(name, ui.badge(t(f"analytics.sources.{name}"), tone, dot=True)) for name, tone in STATUS_TONES],
        rx.fragment(),
    )


def _menu(row: Any) -> rx.Component:
    install = ui.menu_item(t("analytics.sources.install"), icon="code", on_click=S.open(row.id))
    revoke = ui.menu_item(t("analytics.sources.revoke"), icon="close", danger=True, on_click=S.ask(row.id))
    menu = ui.menu(
        ui.icon_button("more", t("analytics.sources.more", name=row.name), size="sm"),
        install,
        rx.cond(can(Permission.SOURCES_MANAGE), revoke),
        label=row.name,
        align="end",
    )
    return rx.cond(row.live, menu)


def _recent_imports() -> rx.Component:
    table = ui.section(t("analytics.imports.title"), ui.card(_imports(), flush=True))
    return rx.cond(S.imports.length() > 0, table)


def _imports() -> rx.Component:
    columns = [
        ui.Column(t("analytics.imports.file"), lambda row: rx.el.bdi(row.file)),
        ui.Column(t("analytics.sources.status"), lambda row: ui.badge(row.state, row.tone, dot=True)),
        ui.Column(t("analytics.imports.accepted"), lambda row: row.accepted, align="end"),
        ui.Column(t("analytics.imports.duplicates"), lambda row: row.duplicates, align="end"),
        ui.Column(t("analytics.imports.rejected"), lambda row: row.rejected, align="end"),
        ui.Column(t("analytics.imports.started"), lambda row: row.started, quiet=True),
    ]
    return ui.data_table(columns, S.imports, label=t("analytics.imports.title"))


def _form() -> rx.Component:
    body = ui.form(
        ui.field(
            t("analytics.sources.name"),
            ui.text_input(name="name", max_length=120),
            hint=t("analytics.sources.name_hint"),
            error=S.errors["name"],
            required=True,
        ),
        ui.field(t("analytics.sources.kind"), ui.select(KINDS, name="kind"), error=S.errors["kind"]),
        ui.submit_row(ui.button(t("analytics.sources.add"), variant="primary", type="submit")),
        on_submit=S.add,
    )
    return ui.dialog(body, open=S.adding, on_close=S.close, title=t("analytics.sources.add"), key="add-source")


def _shown() -> rx.Component:
    body = ui.stack(
        ui.copy_field(S.shown_key, label=t("analytics.sources.key")),
        rx.el.p(t("analytics.sources.key_text"), class_name="text-quiet"),
        ui.segmented(WAY_NAMES, S.how, S.choose_way, label=t("analytics.sources.code")),
        ui.code_block(S.codes[S.how], title=t("analytics.sources.code")),
        rx.el.p(
            rx.match(S.how, *[(way, t(f"analytics.sources.hint.{way}")) for way in WAYS], ""), class_name="text-quiet"
        ),
        rx.cond(can(Permission.SOURCES_MANAGE), _privacy()),
    )
    return ui.dialog(body, open=S.shown != "", on_close=S.close, title=S.shown_name, key="source", size="lg")


def _privacy() -> rx.Component:
    form = ui.form(
        ui.field(
            t("analytics.sources.dnt"),
            ui.select(ASKED, name="do_not_track", default_value=S.do_not_track),
            hint=t("analytics.sources.dnt_hint"),
            error=S.errors["do_not_track"],
        ),
        ui.checkbox(
            t("analytics.sources.consent"),
            hint=t("analytics.sources.consent_hint"),
            name="consent_required",
            default_checked=S.consent_required,
        ),
        ui.submit_row(ui.button(t("analytics.sources.privacy_save"), type="submit")),
        on_submit=S.save_privacy,
        key=S.shown + S.shown_version.to_string(),
    )
    return ui.section(t("analytics.sources.privacy"), form)


def _confirm() -> rx.Component:
    return ui.confirm_dialog(
        open=S.asking != "",
        on_close=S.close,
        on_confirm=S.revoke,
        title=t("analytics.sources.ask_title"),
        text=t("analytics.sources.ask_text"),
        confirm=t("analytics.sources.revoke"),
        key="revoke-source",
    )
