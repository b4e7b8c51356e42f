"""Saved views of the audit trail, as seen: a menu and its two dialogs."""

# Reflex makes Vars of a state's attributes; that a list then has length(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.audit import AuditState as S
from enterprise_app.web.pages.admin.audit_views import AuditViewsState as V
from enterprise_app.web.texts import t


def views_menu() -> rx.Component:
    """Open a view, save the one of now, delete one."""
    none = S.views.length() == 0
    saved = rx.foreach(S.views, lambda view: ui.menu_link(rx.el.bdi(view.name), view.href))
    return ui.menu(
        ui.button(t("admin.audit.views"), icon="list", icon_end="chevron_down"),
        rx.cond(none, ui.menu_label(t("admin.audit.views_none")), ui.menu_label(t("admin.audit.views_own"))),
        saved,
        ui.menu_separator(),
        ui.menu_item(t("admin.audit.view_save"), icon="add", on_click=V.start, disabled=S.export == ""),
        ui.menu_item(t("admin.audit.view_manage"), icon="delete", on_click=V.manage, disabled=none),
        label=t("admin.audit.views"),
        align="end",
    )


def views_dialogs() -> rx.Component:
    """Both, closed until asked for."""
    return rx.fragment(
        ui.dialog(_form(), open=V.naming, on_close=V.close, title=t("admin.audit.view_save"), key="view-save"),
        ui.dialog(
            ui.stack(rx.foreach(S.views, _line), gap=2),
            open=V.managing,
            on_close=V.close,
            title=t("admin.audit.view_manage"),
            key="view-delete",
            size="sm",
        ),
    )


def _form() -> rx.Component:
    wrong = rx.el.p(V.errors["query"], class_name="field-error", role="alert")
    return ui.form(
        ui.field(
            t("admin.audit.view_name"),
            ui.text_input(name="name", max_length=100, auto_complete="off"),
            hint=t("admin.audit.view_hint"),
            error=V.errors["name"],
            required=True,
        ),
        rx.cond(V.errors["query"], wrong),
        ui.submit_row(
            ui.button(t("admin.audit.view_save"), variant="primary", type="submit", loading=V.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=V.close),
        ),
        on_submit=V.save,
        no_validate=True,
    )


def _line(view: Any) -> rx.Component:
    delete = ui.icon_button("delete", t("admin.audit.view_delete", name=view.name), on_click=V.delete(view.id))
    return ui.row(rx.el.bdi(view.name, class_name="wrap-anywhere"), delete, between=True, wrap=False)
