"""API keys, as seen."""

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.api_keys import GRANTABLE, field_of
from enterprise_app.web.pages.admin.api_keys import ApiKeysState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t


def api_keys() -> rx.Component:
    """Keys for programs."""
    add = rx.cond(
        can(Permission.API_KEYS_MANAGE), ui.button(t("admin.keys.add"), variant="primary", icon="add", on_click=S.start)
    )
    docs = ui.button_link(t("admin.keys.docs"), "/api/docs", icon="code", external=True)
    return ui.stack(
        ui.page_header(t("admin.keys.title"), t("admin.keys.text"), [docs, add]),
        list_parts.body(S, list_parts.bar(S), _table(add)),
        _dialog(),
        _granted(),
        _confirm(),
    )


def _table(add: rx.Component) -> rx.Component:
    columns = [
        ui.Column(t("admin.keys.name"), lambda row: rx.el.bdi(row.name), sort="name"),
        ui.Column(t("admin.keys.key"), lambda row: rx.el.code(row.shown, dir="ltr")),
        ui.Column(t("admin.members.status"), lambda row: ui.badge(row.status_text, row.tone, dot=True)),
        ui.Column(t("admin.keys.permissions"), _permissions),
        ui.Column(t("admin.keys.made_by"), lambda row: rx.el.bdi(row.made_by), quiet=True),
        ui.Column(t("admin.keys.used"), lambda row: row.used, sort="last_used_at", quiet=True),
        ui.Column(t("admin.keys.expires"), lambda row: row.expires, sort="expires_at", quiet=True),
    ]
    none = ui.empty_state("key", t("admin.keys.none_title"), t("admin.keys.none_text"), add)
    return list_parts.table(S, columns, label=t("admin.keys.title"), actions=_menu, empty=none)


def _permissions(row: Any) -> rx.Component:
    return rx.el.button(row.permissions, type="button", class_name="link link-button", on_click=S.look(row.id))


def _menu(row: Any) -> rx.Component:
    revoke = ui.menu_item(t("admin.keys.revoke"), icon="close", danger=True, on_click=S.ask(row.id, row.name))
    menu = ui.menu(
        ui.icon_button("more", t("admin.members.more", name=row.name), size="sm"), revoke, label=row.name, align="end"
    )
    return rx.cond(can(Permission.API_KEYS_MANAGE) & (row.status == "active"), menu)


def _dialog() -> rx.Component:
    body = rx.cond(S.key != "", _shown(), _form())
    return ui.dialog(body, open=S.adding, on_close=S.close, title=t("admin.keys.add"), key="add-key", size="lg")


def _form() -> rx.Component:
    boxes = [
        rx.cond(can(p), ui.checkbox(t(f"admin.permission.{p.value.replace(':', '.')}"), name=field_of(p)))
        for p in GRANTABLE
    ]
    wrong = rx.el.p(S.errors["permissions"], class_name="field-error", role="alert")
    return ui.form(
        ui.field(
            t("admin.keys.name"),
            ui.text_input(name="name", max_length=100, auto_complete="off"),
            hint=t("admin.keys.name_hint"),
            error=S.errors["name"],
            required=True,
        ),
        ui.field(
            t("admin.keys.expires_on"),
            ui.date_input(name="expires_on"),
            hint=t("admin.keys.expires_hint"),
            error=S.errors["expires_at"],
            optional=True,
        ),
        ui.choice_group(*boxes, label=t("admin.keys.permissions"), hint=t("admin.keys.permissions_hint"), columns=True),
        rx.cond(S.errors["permissions"], wrong),
        ui.submit_row(
            ui.button(t("admin.keys.create"), variant="primary", type="submit", loading=S.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=S.close),
        ),
        on_submit=S.create,
        no_validate=True,
    )


def _shown() -> rx.Component:
    return ui.stack(
        ui.callout(t("admin.keys.once_text"), title=t("admin.keys.once"), tone="warning"),
        ui.copy_field(S.key, label=t("admin.keys.key"), secret=True),
        ui.submit_row(ui.button(t("admin.done"), variant="primary", on_click=S.close)),
    )


def _granted() -> rx.Component:
    names = rx.el.ul(rx.foreach(S.granted, lambda text: rx.el.li(text)), class_name="plain-list")
    return ui.dialog(names, open=S.looking != "", on_close=S.close, title=S.asked_name, key="granted", size="sm")


def _confirm() -> rx.Component:
    return ui.confirm_dialog(
        open=S.asking != "",
        on_close=S.close,
        on_confirm=S.revoke,
        title=t("admin.keys.revoke_title", name=S.asked_name),
        text=t("admin.keys.revoke_text"),
        confirm=t("admin.keys.revoke"),
        key="revoke-key",
    )
