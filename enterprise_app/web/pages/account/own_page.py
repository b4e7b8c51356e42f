"""One's own account, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.domains.localization import service as localization
from enterprise_app.web import components as ui
from enterprise_app.web.pages.account.own import AccountState as S
from enterprise_app.web.texts import t

ZONES = localization.zone_options()


def account() -> rx.Component:
    """Profile, password, devices."""
    body = ui.stack(_profile(), _password(), _devices(), gap=6)
    return ui.stack(
        ui.page_header(t("account.title"), t("account.text")),
        rx.cond(S.loading, ui.skeleton_page(), body),
        class_name="measure",
    )


def _profile() -> rx.Component:
    form = ui.form(
        ui.field(
            t("account.your_name"),
            ui.text_input(name="name", default_value=S.name, auto_complete="name"),
            error=S.errors["name"],
            required=True,
        ),
        ui.field(
            t("account.email"),
            ui.text_input(name="email", type="email", default_value=S.email, read_only=True),
            hint=t("account.email_hint"),
        ),
        ui.field(t("account.zone"), ui.select(ZONES, name="zone", default_value=S.zone), error=S.errors["zone"]),
        ui.submit_row(ui.button(t("account.save"), variant="primary", type="submit")),
        on_submit=S.save,
    )
    return ui.card(form, title=t("account.profile"))


def _password() -> rx.Component:
    form = ui.form(
        ui.field(
            t("account.password"),
            ui.password_input(name="current_password"),
            error=S.errors["current_password"],
            required=True,
        ),
        ui.field(
            t("account.new_password"),
            ui.password_input(name="new_password", auto_complete="new-password"),
            hint=t("account.password_hint"),
            error=S.errors["new_password"],
            required=True,
        ),
        ui.submit_row(ui.button(t("account.change_password"), type="submit")),
        on_submit=S.change_password,
        reset_on_submit=True,
    )
    return ui.card(form, title=t("account.change_password"))


def _devices() -> rx.Component:
    columns = [
        ui.Column(t("account.device"), _device),
        ui.Column(t("account.device_host"), lambda row: rx.el.bdi(row.host), quiet=True),
        ui.Column(t("account.device_ip"), lambda row: rx.el.bdi(row.ip), quiet=True),
        ui.Column(t("account.device_seen"), lambda row: row.seen),
    ]
    end = lambda row: rx.cond(  # noqa: E731 - one line for one cell
        row.current,
        rx.fragment(),
        ui.button(t("account.sign_out_device"), size="sm", on_click=S.sign_out_device(row.id)),
    )
    others = rx.cond(
        S.devices.length() > 1, ui.button(t("account.sign_out_others"), size="sm", on_click=S.sign_out_others)
    )
    table = ui.data_table(columns, S.devices, label=t("account.devices"), actions=end)
    return ui.card(table, title=t("account.devices"), actions=[others], flush=True)


def _device(row: Any) -> rx.Component:
    return ui.row(row.name, rx.cond(row.current, ui.badge(t("account.device_current"), "success", dot=True)))
