"""The platform's condition, as seen."""

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.operator.system import OperatorSystemState as S
from enterprise_app.web.texts import t


def system() -> rx.Component:
    """Health, switches, failed deliveries."""
    again = ui.button(t("operator.refresh"), icon="refresh", on_click=S.load)
    body = ui.stack(_health(), _switches(), _deliveries(), gap=6)
    return ui.stack(
        ui.page_header(t("operator.system.title"), t("operator.system.text"), [again]),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), rx.cond(S.loading, ui.skeleton_page(), body)),
        _question(),
    )


def _health() -> rx.Component:
    title = ui.row(ui.badge(S.health, S.health_tone, dot=True), rx.el.span(S.checked_at, class_name="text-quiet"))
    parts = ui.grid(rx.foreach(S.parts, _part), _waiting(), smallest=180)
    return ui.section(t("operator.health.title"), parts, actions=[title])


def _part(row: Any) -> rx.Component:
    return ui.card(ui.row(rx.el.span(row.name), ui.badge(row.state, row.tone, dot=True), between=True))


def _waiting() -> rx.Component:
    """Events of all tenants that are kept and not stored yet."""
    since = rx.cond(S.waiting_since != "", rx.el.span(S.waiting_since, class_name="text-quiet"))
    number = rx.el.strong(S.waiting, class_name="nowrap")
    return ui.card(ui.row(rx.el.span(t("operator.health.waiting")), ui.row(since, number), between=True))


def _switches() -> rx.Component:
    lines = rx.el.ul(rx.foreach(S.switches, _switch), class_name="switch-list")
    return ui.section(t("operator.switches.title"), ui.card(lines), description=t("operator.switches.text"))


def _switch(row: Any) -> rx.Component:
    control = ui.switch(row.name, hint=row.text, checked=row.on, on_change=lambda on: S.ask(row.id, on))
    changed = rx.cond(row.changed != "", rx.el.p(row.changed, class_name="text-quiet wrap-anywhere"))
    return rx.el.li(control, changed, key=row.id)


def _deliveries() -> rx.Component:
    tiles = ui.grid(
        ui.stat_tile(t("operator.deliveries.pending"), S.pending),
        ui.stat_tile(t("operator.deliveries.dead"), S.dead),
        ui.stat_tile(t("operator.deliveries.oldest"), S.oldest),
        smallest=180,
    )
    columns = [
        ui.Column(t("operator.deliveries.kind"), lambda row: rx.el.code(row.kind, dir="ltr")),
        ui.Column(t("operator.deliveries.subscriber"), lambda row: rx.el.code(row.subscriber, dir="ltr")),
        ui.Column(t("operator.deliveries.error"), lambda row: rx.el.bdi(row.error, class_name="wrap-anywhere")),
        ui.Column(
            t("operator.deliveries.tenant"), lambda row: rx.el.code(row.tenant, dir="ltr", class_name="code-clip")
        ),
        ui.Column(t("operator.deliveries.attempts"), lambda row: row.attempts, align="end"),
        ui.Column(t("operator.deliveries.at"), lambda row: row.at, quiet=True),
    ]
    none = ui.empty_state("success", t("operator.deliveries.none_title"), t("operator.deliveries.none_text"), level=3)
    table = ui.data_table(columns, S.deliveries, label=t("operator.deliveries.title"), actions=_replay, empty=none)
    return ui.section(
        t("operator.deliveries.title"),
        ui.stack(tiles, ui.card(table, flush=True)),
        description=t("operator.deliveries.text"),
    )


def _replay(row: Any) -> rx.Component:
    return ui.button(t("operator.deliveries.replay"), size="sm", icon="refresh", on_click=S.replay(row.id))


def _question() -> rx.Component:
    title = rx.cond(
        S.turning_on,
        t("operator.switches.on_title", name=S.turning_name),
        t("operator.switches.off_title", name=S.turning_name),
    )
    confirm = rx.cond(S.turning_on, t("operator.switches.turn_on"), t("operator.switches.turn_off"))
    form = ui.form(
        ui.field(
            t("operator.reason"),
            ui.text_input(name="reason", max_length=500, auto_complete="off"),
            hint=t("operator.switches.reason_hint"),
            error=S.errors["reason"],
            required=True,
        ),
        ui.submit_row(
            ui.button(confirm, variant="primary", type="submit", loading=S.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=S.keep),
        ),
        on_submit=S.turn,
        no_validate=True,
    )
    return ui.dialog(form, open=S.turning != "", on_close=S.keep, title=title, key="turn")
