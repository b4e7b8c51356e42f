"""The pages of people."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.profiles.vocabulary import Origin, ProfileAction
from enterprise_app.web import components as ui
from enterprise_app.web.pages.people.editing import PersonFormState as F
from enterprise_app.web.pages.people.form_parts import STAGES, person_dialog
from enterprise_app.web.pages.people.one import PersonState
from enterprise_app.web.pages.people.one_page import person
from enterprise_app.web.pages.people.state import PeopleState as S
from enterprise_app.web.shell import list_parts
from enterprise_app.web.shell.page import Page, Section
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

ORIGINS = [(origin.value, t(f"people.origin.{origin.value}")) for origin in Origin]
MAIL = [("true", t("people.filter.with_email")), ("false", t("people.filter.without_email"))]
ARCHIVED = [("true", t("people.filter.archived"))]


def people() -> rx.Component:
    """Everybody, as the URL asks for."""
    return ui.stack(
        ui.page_header(
            t("people.list.title"), t("people.list.text"), [rx.cond(can(Permission.PROFILES_MANAGE), _new())]
        ),
        list_parts.body(S, _filters(), _bulk(), _table()),
        person_dialog(),
    )


def _new() -> rx.Component:
    return ui.button(t("people.new"), variant="primary", icon="add", on_click=F.start)


def _filters() -> rx.Component:
    return list_parts.bar(
        S,
        list_parts.search(S, t("people.list.search")),
        list_parts.choice(S, "stage", t("people.field.stage"), STAGES),
        list_parts.choice(S, "has_email", t("people.field.email"), MAIL),
        list_parts.choice(S, "origin", t("people.field.origin"), ORIGINS),
        list_parts.day(S, "since", t("people.filter.since")),
        list_parts.choice(S, "archived", t("people.filter.shown"), ARCHIVED),
        list_parts.words(S, "country", t("people.filter.country")),
    )


def _bulk() -> rx.Component:
    stages = [
        ui.menu_item(text, on_click=S.act_on_chosen(ProfileAction.SET_STAGE.value, stage)) for stage, text in STAGES
    ]
    trigger = ui.button(t("people.action.set_stage"), size="sm", icon="flag", icon_end="chevron_down")
    put = ProfileAction.RESTORE.value, ProfileAction.ARCHIVE.value
    restore, archive = (
        ui.button(t(f"people.action.{name}"), size="sm", icon=name, on_click=S.act_on_chosen(name, "")) for name in put
    )
    return ui.bulk_bar(
        t("people.bulk.chosen", count=S.chosen.length()),
        ui.menu(trigger, *stages, label=t("people.action.set_stage")),
        rx.cond(S.picked["archived"] == "true", restore, archive),
        on_clear=S.choose_all(False),
        shown=(S.chosen.length() > 0) & can(Permission.PROFILES_MANAGE),
    )


def _table() -> rx.Component:
    columns = [
        ui.Column(t("people.field.name"), _name, sort="name"),
        ui.Column(t("people.field.stage"), lambda row: ui.badge(row.stage_text, row.tone, dot=True)),
        ui.Column(t("people.field.country"), lambda row: rx.cond(row.country != "", rx.el.bdi(row.country), "–")),
        ui.Column(t("people.field.last_seen"), lambda row: row.active, sort="active_at", quiet=True),
        ui.Column(t("people.field.created"), lambda row: row.created, sort="created_at", quiet=True),
    ]
    every = (S.chosen.length() > 0) & (S.chosen.length() == S.rows.length())
    some = (S.chosen.length() > 0) & (S.chosen.length() < S.rows.length())
    empty = ui.empty_state(
        "people", t("people.empty.title"), t("people.empty.text"), rx.cond(can(Permission.PROFILES_MANAGE), _new())
    )
    return list_parts.table(
        S,
        columns,
        label=t("people.list.title"),
        actions=_menu,
        selection=ui.Selection(S.chosen, S.choose, S.choose_all, every, some),
        empty=empty,
    )


def _name(row: Any) -> rx.Component:
    email = rx.cond(row.email != row.name, row.email, "")
    return rx.el.span(ui.link(rx.el.bdi(row.name), row.href, quiet=True), _second_line(email), class_name="stack gap-0")


def _second_line(text: Any) -> rx.Component:
    # In a line of its own: a flex item that is a <bdi> would stand at the other end in right-to-left pages.
    return rx.cond(text != "", rx.el.span(rx.el.bdi(text), class_name="text-quiet wrap-anywhere"))


def _menu(row: Any) -> rx.Component:
    archive = ui.menu_item(t("people.action.archive"), icon="archive", on_click=S.put(row.id, "archive"))
    restore = ui.menu_item(t("people.action.restore"), icon="restore", on_click=S.put(row.id, "restore"))
    stages = [
        ui.menu_item(text, checked=row.stage == stage, on_click=S.set_stage(row.id, stage)) for stage, text in STAGES
    ]
    menu = ui.menu(
        ui.icon_button("more", t("people.more", name=row.name), size="sm"),
        ui.menu_item(t("people.edit"), icon="edit", on_click=F.edit(row.id)),
        rx.cond(row.archived, rx.fragment(), rx.fragment(ui.menu_label(t("people.field.stage")), *stages)),
        ui.menu_separator(),
        rx.cond(row.archived, restore, archive),
        label=row.name,
        align="end",
    )
    return rx.cond(can(Permission.PROFILES_MANAGE), menu)


PAGES = [
    Page(
        route="/people",
        title="people.list.title",
        help_key="people.help.list",
        area="people",
        need=Permission.PROFILES_READ,
        body=people,
        icon="contact",
        section=Section.GROW,
        on_load=(S.load,),
        on_leave=(S.leave,),
        topics=("profiles",),
        refresh=S.load,
    ),
    Page(
        route="/people/[id]",
        title="people.one",
        help_key="people.help.one",
        area="people",
        need=Permission.PROFILES_READ,
        body=person,
        icon="contact",
        on_load=(PersonState.load,),
        on_leave=(PersonState.leave,),
        topics=("profiles", "analytics"),
        refresh=PersonState.load,
    ),
]
