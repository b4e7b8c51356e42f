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
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

VERBS = [(verb.value, t(f"admin.verb.{verb.value}")) for verb in AuditVerb]
OUTCOMES = [(outcome.value, t(f"admin.outcome.{outcome.value}")) for outcome in Outcome]
EXPORT = "/api/v1/audit-logs/export?format="


def audit() -> rx.Component:
    """Who did what."""
    verify = ui.button(t("admin.audit.verify"), icon="audit", on_click=S.verify, loading=S.verifying)
    return ui.stack(
        ui.page_header(t("admin.audit.title"), t("admin.audit.text"), [views_menu(), _export(), verify]),
        _result(),
        list_parts.body(S, _filters(), _table()),
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
    return list_parts.bar(
        S,
        list_parts.words(S, "actor", t("admin.audit.search")),
        list_parts.choice(S, "verb", t("admin.audit.verb"), VERBS),
        list_parts.choice(S, "outcome", t("admin.audit.outcome"), OUTCOMES),
        list_parts.day(S, "start", t("admin.audit.start")),
        list_parts.day(S, "end", t("admin.audit.end")),
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
    return list_parts.table(S, columns, label=t("admin.audit.title"), empty=none, no_match=none)


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
