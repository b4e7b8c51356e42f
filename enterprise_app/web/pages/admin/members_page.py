"""Members, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.web import components as ui
from enterprise_app.web.pages.admin.inviting import InvitingState as I
from enterprise_app.web.pages.admin.members import MembersState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.session import SessionState, can
from enterprise_app.web.texts import t

ROLES = [(role.value, t(f"admin.role.{role.value}")) for role in Role]


def members() -> rx.Component:
    """Who works here, and who is invited."""
    return ui.stack(
        ui.page_header(t("admin.members.title"), t("admin.members.text"), [_invite_button()]),
        list_parts.body(S, _filters(), _table(), _invitations(), gap=5),
        _dialog(),
        _questions(),
    )


def _invite_button() -> rx.Component:
    button = ui.button(t("admin.members.invite"), variant="primary", icon="invite", on_click=I.start)
    return rx.cond(can(Permission.MEMBERS_INVITE), button)


def _filters() -> rx.Component:
    return list_parts.bar(
        S,
        list_parts.search(S, t("admin.members.search")),
        list_parts.choice(S, "role", t("admin.members.role"), ROLES),
    )


def _table() -> rx.Component:
    columns = [
        ui.Column(t("admin.members.name"), _person, sort="name"),
        ui.Column(t("admin.members.role"), lambda row: row.role_text, sort="role"),
        ui.Column(t("admin.members.status"), _status, sort="status"),
        ui.Column(t("admin.members.seen"), lambda row: row.seen, sort="last_seen_at", quiet=True),
        ui.Column(t("admin.members.since"), lambda row: row.since, sort="created_at", quiet=True),
    ]
    again = ui.button_link(t("admin.members.show_all"), "/members")
    none = ui.empty_state("people", t("admin.members.none_title"), t("admin.members.none_text"), again)
    return list_parts.table(S, columns, label=t("admin.members.title"), actions=_menu, empty=none, no_match=none)


def _person(row: Any) -> rx.Component:
    me = rx.cond(row.me, ui.badge(t("admin.members.you"), "accent"))
    return ui.row(ui.person(row.name, row.initials, row.email), me, wrap=False)


def _status(row: Any) -> rx.Component:
    return ui.badge(row.status_text, rx.cond(row.active, "success", "warning"), dot=True)


def _menu(row: Any) -> rx.Component:
    suspend = ui.menu_item(t("admin.members.suspend"), icon="pause", on_click=S.ask(row.id, "suspend"))
    reinstate = ui.menu_item(t("admin.members.reinstate"), icon="play", on_click=S.reinstate(row.id))
    menu = ui.menu(
        ui.icon_button("more", t("admin.members.more", name=row.name), size="sm"),
        ui.menu_label(t("admin.members.role")),
        *[_role_item(row, role, text) for role, text in ROLES],
        ui.menu_separator(),
        rx.cond(row.active, suspend, reinstate),
        ui.menu_item(t("admin.members.remove"), icon="delete", danger=True, on_click=S.ask(row.id, "remove")),
        label=row.name,
        align="end",
    )
    return rx.cond(can(Permission.MEMBERS_MANAGE), menu)


def _role_item(row: Any, role: str, text: rx.Var[str]) -> rx.Component:
    """One role as a choice; only owners give and take ownership."""
    item = ui.menu_item(text, checked=row.role == role, on_click=S.change_role(row.id, role))
    return rx.cond(SessionState.role == Role.OWNER.value, item) if role == Role.OWNER.value else item


def _invitations() -> rx.Component:
    columns = [
        ui.Column(t("admin.invitations.email"), lambda row: rx.el.bdi(row.email)),
        ui.Column(t("admin.members.role"), lambda row: row.role_text),
        ui.Column(t("admin.members.status"), _offer_status),
        ui.Column(t("admin.invitations.by"), lambda row: rx.el.bdi(row.invited_by), quiet=True),
        ui.Column(t("admin.invitations.expires"), lambda row: row.expires, quiet=True),
    ]
    table = ui.data_table(columns, S.offers, label=t("admin.invitations.title"), actions=_offer_menu)
    shown = ui.section(
        t("admin.invitations.title"), ui.card(table, flush=True), description=t("admin.invitations.text")
    )
    return rx.cond(S.offers.length() > 0, shown)


def _offer_status(row: Any) -> rx.Component:
    return ui.badge(row.status_text, rx.cond(row.expired, "neutral", "info"), dot=True)


def _offer_menu(row: Any) -> rx.Component:
    menu = ui.menu(
        ui.icon_button("more", t("admin.members.more", name=row.email), size="sm"),
        ui.menu_item(t("admin.invitations.resend"), icon="send", on_click=I.resend(row.id)),
        ui.menu_item(t("admin.invitations.revoke"), icon="close", danger=True, on_click=I.ask(row.id, row.email)),
        label=row.email,
        align="end",
    )
    return rx.cond(can(Permission.MEMBERS_INVITE), menu)


def _dialog() -> rx.Component:
    body = rx.cond(I.link != "", _link(), _form())
    return ui.dialog(body, open=I.open, on_close=I.close, title=t("admin.members.invite"), key="invite")


def _form() -> rx.Component:
    return ui.form(
        ui.field(
            t("admin.invitations.email"),
            ui.text_input(name="email", type="email", auto_complete="off", max_length=320),
            error=I.errors["email"],
            required=True,
        ),
        ui.field(
            t("admin.members.role"),
            ui.select(ROLES, name="role", default_value=Role.MEMBER.value),
            hint=t("admin.invitations.role_hint"),
            error=I.errors["role"],
        ),
        ui.submit_row(
            ui.button(t("admin.invitations.send"), variant="primary", type="submit", loading=I.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=I.close),
        ),
        on_submit=I.invite,
        no_validate=True,
    )


def _link() -> rx.Component:
    return ui.stack(
        ui.callout(t("admin.invitations.sent", email=I.email), tone="success"),
        ui.copy_field(I.link, label=t("admin.invitations.link"), secret=True),
        rx.el.p(t("admin.invitations.link_text"), class_name="text-quiet"),
        ui.submit_row(ui.button(t("admin.done"), variant="primary", on_click=I.close)),
    )


def _questions() -> rx.Component:
    asked = [
        ui.confirm_dialog(
            open=S.asking == deed,
            on_close=S.keep,
            on_confirm=S.confirm,
            title=t(f"admin.members.{deed}_title", name=S.asked_name),
            text=t(f"admin.members.{deed}_text"),
            confirm=t(f"admin.members.{deed}"),
            key=deed,
        )
        for deed in ("suspend", "remove")
    ]
    revoke = ui.confirm_dialog(
        open=I.revoking != "",
        on_close=I.close,
        on_confirm=I.revoke,
        title=t("admin.invitations.revoke_title", email=I.revoking_email),
        text=t("admin.invitations.revoke_text"),
        confirm=t("admin.invitations.revoke"),
        key="revoke",
    )
    return rx.fragment(*asked, revoke)
