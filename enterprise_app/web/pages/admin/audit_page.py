"""The audit trail, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit.vocabulary import Outcome
from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.audit import AuditState as S
from enterprise_app.web.pages.admin.audit_views_page import views_dialogs, views_menu
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

VERBS = [(verb.value, t(f"admin.verb.{verb.value}")) for verb in AuditVerb]
OUTCOMES = [(outcome.value, t(f"admin.outcome.{outcome.value}")) for outcome in Outcome]
EXPORT = "/api/v1/audit-logs/export?format="


def audit() -> rx.Component:
    """Who did what."""
    verify = ui.button(t("admin.audit.verify"), icon="audit", on_click=S.verify, loading=S.verifying)
    body = ui.stack(_filters(), ui.card(_table(), _pages(), flush=True))
    return ui.stack(
        ui.page_header(t("admin.audit.title"), t("admin.audit.text"), [views_menu(), _export(), verify]),
        _result(),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), body),
        _entry(),
        views_dialogs(),
    )


def _export() -> rx.Component:
    narrowed: Any = rx.cond(S.export != "", "&" + S.export, "")
    links = [
        ui.menu_link(
            t(f"admin.audit.{form}"),
            rx.Var.create(EXPORT + form) + narrowed,  # pyright: ignore[reportOperatorIssue]
            external=True,
        )
        for form in ("csv", "jsonl")
    ]
    trigger = ui.button(t("admin.audit.export"), icon="download", icon_end="chevron_down")
    return rx.cond(can(Permission.AUDIT_EXPORT), ui.menu(trigger, *links, label=t("admin.audit.export"), align="end"))


def _result() -> rx.Component:
    breaks = rx.el.ul(rx.foreach(S.result.breaks, lambda text: rx.el.li(text)))
    broken = ui.callout(breaks, title=S.result.text, tone="danger")
    return rx.cond(S.result.text != "", rx.cond(S.result.ok, ui.callout(S.result.text, tone="success"), broken))


def _filters() -> rx.Component:
    return ui.filter_bar(
        ui.search_input(S.actor, lambda text: S.set_filter("actor", text), label=t("admin.audit.search"), name="actor"),
        ui.filter_select(t("admin.audit.verb"), VERBS, S.verb, lambda value: S.set_filter("verb", value)),
        ui.filter_select(t("admin.audit.outcome"), OUTCOMES, S.outcome, lambda value: S.set_filter("outcome", value)),
        _date("start", S.start),
        _date("end", S.end),
    )


def _date(name: str, value: rx.Var[str] | str) -> rx.Component:
    return rx.el.label(
        rx.el.span(t(f"admin.audit.{name}"), class_name="filter-label"),
        ui.date_input(name=name, value=value, on_change=lambda day: S.set_filter(name, day), class_name="input-sm"),
        class_name="filter",
    )


def _pages() -> rx.Component:
    return ui.pagination(
        on_previous=S.previous_page, on_next=S.next_page, has_previous=S.can_go_back, has_next=S.next_cursor != ""
    )


def _table() -> rx.Component:
    columns = [
        ui.Column(t("admin.audit.verb"), _verb),
        ui.Column(t("admin.audit.target"), lambda row: rx.el.bdi(row.target)),
        ui.Column(t("admin.audit.actor"), _actor),
        ui.Column(t("admin.audit.outcome"), lambda row: ui.badge(row.outcome, row.tone, dot=True)),
        ui.Column(t("admin.audit.at"), lambda row: row.at, quiet=True),
    ]
    again = ui.button_link(t("admin.audit.show_all"), "/audit")
    none = ui.empty_state("audit", t("admin.audit.none_title"), t("admin.audit.none_text"), again)
    return ui.data_table(columns, S.rows, label=t("admin.audit.title"), loading=S.loading, empty=none)


def _verb(row: Any) -> rx.Component:
    return rx.el.button(row.verb, type="button", class_name="link link-button", on_click=S.open(row.id))


def _actor(row: Any) -> rx.Component:
    return ui.row(rx.el.bdi(row.actor), rx.el.span(row.actor_kind, class_name="text-quiet"))


def _entry() -> rx.Component:
    facts = ui.definition_list(
        (t("admin.audit.at"), S.shown.at),
        (t("admin.audit.actor"), rx.el.bdi(S.shown.actor)),
        (t("admin.audit.target"), rx.el.bdi(S.shown.target)),
        (t("admin.audit.outcome"), ui.badge(S.shown.outcome, S.shown.tone, dot=True)),
        (t("admin.audit.reason"), rx.cond(S.shown.reason != "", rx.el.bdi(S.shown.reason), t("admin.none"))),
        (t("admin.audit.ip"), rx.cond(S.shown.ip != "", rx.el.bdi(S.shown.ip), t("admin.none"))),
        (t("admin.audit.agent"), rx.cond(S.shown.agent != "", rx.el.bdi(S.shown.agent), t("admin.none"))),
    )
    columns = [
        ui.Column(t("admin.audit.field"), lambda row: rx.el.code(row.id, dir="ltr")),
        ui.Column(t("admin.audit.before"), lambda row: rx.el.bdi(row.before, class_name="wrap-anywhere"), quiet=True),
        ui.Column(t("admin.audit.after"), lambda row: rx.el.bdi(row.after, class_name="wrap-anywhere")),
    ]
    changes = ui.card(ui.data_table(columns, S.shown.changes, label=t("admin.audit.changes")), flush=True)
    proof = ui.stack(
        ui.copy_field(S.shown.request_id, label=t("admin.audit.request")),
        ui.copy_field(S.shown.hash, label=t("admin.audit.hash")),
        gap=2,
    )
    return ui.drawer(
        ui.stack(
            facts,
            rx.cond(S.shown.changes.length() > 0, changes),
            rx.el.p(t("admin.audit.proof"), class_name="text-quiet"),
            proof,
        ),
        open=S.shown.id != "",
        on_close=S.close,
        title=S.shown.verb,
        key="entry",
        size="lg",
    )
