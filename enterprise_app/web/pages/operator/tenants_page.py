"""The operator's tenants, as seen."""

from typing import Any

import reflex as rx

from enterprise_app.core.texts import has_text
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.vocabulary import TenantStatus
from enterprise_app.web import components as ui
from enterprise_app.web.pages.operator.tenants import OperatorTenantsState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.texts import t


def _named(plan: str) -> ui.Text:
    key = f"admin.plan.{plan.lower()}"
    return t(key) if has_text(key) else plan


PLANS = [(plan.id, _named(plan.id)) for plan in tenancy.list_plans().items]
STATUSES = [(status.value, t(f"operator.status.{status.value}")) for status in TenantStatus]


def tenants() -> rx.Component:
    """Every tenant of the platform."""
    again = ui.button(t("operator.refresh"), icon="refresh", on_click=S.load)
    return ui.stack(
        ui.page_header(t("operator.tenants.title"), t("operator.tenants.text"), [again]),
        list_parts.body(S, _filters(), _table()),
        _move(),
        _suspension(),
    )


def _filters() -> rx.Component:
    return list_parts.bar(
        S,
        list_parts.search(S, t("operator.tenants.search")),
        list_parts.choice(S, "status", t("operator.tenants.status"), STATUSES),
    )


def _table() -> rx.Component:
    columns = [
        ui.Column(t("operator.tenants.name"), _name, sort="name"),
        ui.Column(t("operator.tenants.address"), lambda row: ui.link(row.slug, row.url, external=True), sort="slug"),
        ui.Column(t("operator.tenants.plan"), _plan),
        ui.Column(t("operator.tenants.status"), _status),
        ui.Column(t("operator.tenants.created"), lambda row: row.created, sort="created_at", quiet=True),
    ]
    again = ui.button_link(t("operator.tenants.show_all"), "/operator")
    filtered = ui.empty_state(
        "search", t("operator.tenants.no_match_title"), t("operator.tenants.no_match_text"), again
    )
    join = ui.button_link(t("operator.tenants.sign_up"), "/sign-up", variant="primary")
    none = ui.empty_state("tenant", t("operator.tenants.none_title"), t("operator.tenants.none_text"), join)
    return list_parts.table(S, columns, label=t("operator.tenants.title"), actions=_menu, empty=none, no_match=filtered)


def _name(row: Any) -> rx.Component:
    return ui.row(rx.el.bdi(row.name), rx.cond(row.demo, ui.badge(t("operator.tenants.demo"), "info")))


def _plan(row: Any) -> rx.Component:
    trial = rx.cond(row.trial != "", ui.badge(row.trial, "accent"))
    return ui.row(rx.el.bdi(row.plan_text), trial)


def _status(row: Any) -> rx.Component:
    reason = rx.cond(row.reason != "", rx.el.bdi(row.reason, class_name="text-quiet wrap-anywhere"))
    return ui.row(ui.badge(row.status_text, rx.cond(row.active, "success", "danger"), dot=True), reason)


def _menu(row: Any) -> rx.Component:
    plans = [ui.menu_item(name, checked=row.plan == plan, on_click=S.choose_plan(row.id, plan)) for plan, name in PLANS]
    suspend = ui.menu_item(t("operator.tenants.suspend"), icon="pause", danger=True, on_click=S.ask(row.id))
    resume = ui.menu_item(t("operator.tenants.resume"), icon="play", on_click=S.resume(row.id))
    return ui.menu(
        ui.icon_button("more", t("operator.more", name=row.name), size="sm"),
        ui.menu_label(t("operator.tenants.plan")),
        *plans,
        ui.menu_separator(),
        rx.cond(row.active, suspend, resume),
        label=row.name,
        align="end",
    )


def _move() -> rx.Component:
    answers = ui.submit_row(
        ui.button(t("operator.tenants.shorter_yes"), variant="danger", on_click=S.move),
        ui.button(t("components.cancel"), variant="ghost", on_click=S.stay),
    )
    title = t("operator.tenants.shorter_title", name=S.moving_name, plan=S.moving_plan)
    return ui.dialog(answers, open=S.moving != "", on_close=S.stay, title=title, text=S.moving_text, key="move-tenant")


def _suspension() -> rx.Component:
    form = ui.form(
        ui.field(
            t("operator.reason"),
            ui.textarea(name="reason", rows=3, max_length=500),
            hint=t("operator.tenants.reason_hint"),
            error=S.errors["reason"],
            required=True,
        ),
        ui.submit_row(
            ui.button(t("operator.tenants.suspend"), variant="danger", type="submit", loading=S.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=S.keep),
        ),
        on_submit=S.suspend,
        no_validate=True,
    )
    title = t("operator.tenants.suspend_title", name=S.suspending_name)
    text = t("operator.tenants.suspend_text")
    return ui.dialog(form, open=S.suspending != "", on_close=S.keep, title=title, text=text, key="suspend-tenant")
