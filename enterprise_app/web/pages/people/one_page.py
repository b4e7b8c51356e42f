"""One person, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.pages.people.editing import PersonFormState as F
from enterprise_app.web.pages.people.form_parts import STAGES, bare_list, person_dialog
from enterprise_app.web.pages.people.merge_parts import merge_dialog
from enterprise_app.web.pages.people.merging import MergingState as M
from enterprise_app.web.pages.people.one import PersonState as S
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

MANAGE = Permission.PROFILES_MANAGE


def person() -> rx.Component:
    """The person, or the news that there is none, or that it is another one now."""
    shown = rx.cond(S.part_of != "", _part(), _person())
    return rx.cond(S.missing, _missing(), rx.cond(S.loading, ui.skeleton_page(), shown))


def _missing() -> rx.Component:
    back = ui.button_link(t("people.all"), "/people")
    return ui.empty_state("search", t("people.missing.title"), t("people.missing.text"), back, level=2)


def _part() -> rx.Component:
    on = ui.button_link(t("people.part.open", name=S.part_of_name), "/people/" + S.part_of, variant="primary")
    text = t("people.part.text", name=S.part_of_name)
    return ui.empty_state("people", t("people.part.title", name=S.name), text, on, level=2)


def _person() -> rx.Component:
    back = ui.link(t("people.list.title"), "/people")
    email = rx.cond(S.email != S.name, S.email, "")
    return ui.stack(
        ui.page_header(S.name, email, _actions(), above=back),
        rx.cond(S.archived, ui.callout(t("people.archived.text"), title=t("people.archived.title"))),
        rx.cond((S.twins.length() > 0) & can(MANAGE), _twins()),
        _facts(),
        ui.split(_past(), ui.stack(_traits(), _campaigns(), _ids(), _merges())),
        person_dialog(),
        merge_dialog(),
    )


def _actions() -> list[rx.Component]:
    items = [ui.menu_item(text, checked=S.stage == stage, on_click=S.set_stage(stage)) for stage, text in STAGES]
    stage = ui.menu(
        ui.button(t("people.field.stage"), icon="flag", icon_end="chevron_down"),
        *items,
        label=t("people.field.stage"),
        align="end",
    )
    edit = ui.button(t("people.edit"), icon="edit", on_click=F.edit(S.key))
    more = ui.menu(
        ui.icon_button("more", t("people.more", name=S.name), variant="secondary"),
        ui.menu_item(t("people.merge.action"), icon="people", on_click=M.start),
        ui.menu_separator(),
        ui.menu_item(t("people.action.archive"), icon="archive", on_click=S.put("archive")),
        label=S.name,
        align="end",
    )
    restore = ui.button(t("people.action.restore"), icon="restore", on_click=S.put("restore"))
    open_ = rx.fragment(stage, edit, more)
    return [rx.cond(can(MANAGE), rx.cond(S.archived, restore, open_))]


def _twins() -> rx.Component:
    def line(twin: Any) -> rx.Component:
        look = ui.button(t("people.twins.compare"), size="sm", on_click=M.choose_twin(twin.id))
        return ui.row(ui.link(twin.name, twin.href), look, between=True)

    return ui.callout(ui.stack(rx.foreach(S.twins, line), gap=2), title=t("people.twins.title"))


def _past() -> rx.Component:
    nothing = ui.empty_state("activity", t("people.past.none_title"), t("people.past.none_text"))
    older = ui.button(t("people.past.older"), on_click=S.load_older)
    partly = rx.el.p(t("people.past.partly"), class_name="text-quiet")
    known = ui.stack(
        ui.timeline(S.events, label=t("people.past.title")),
        rx.cond(S.complete, rx.fragment(), partly),
        rx.cond(S.older != "", older),
    )
    shown = rx.cond(S.events.length() > 0, known, nothing)
    refused = ui.no_permission(t("people.past.forbidden"))
    return ui.card(rx.cond(S.sees_events, shown, refused), title=t("people.past.title"))


def _facts() -> rx.Component:
    facts = (
        (t("people.field.stage"), ui.badge(S.stage_text, S.tone, dot=True)),
        (t("people.field.country"), rx.cond(S.country != "", rx.el.bdi(S.country), t("people.unknown"))),
        (t("people.field.first_seen"), S.first_seen),
        (t("people.field.last_seen"), S.last_seen),
        (t("people.field.created"), S.created),
        (t("people.field.origin"), S.origin),
    )
    pairs = [ui.stack(rx.el.dt(name, class_name="text-quiet"), rx.el.dd(value), gap=1) for name, value in facts]
    inside = rx.el.dl(
        *pairs, class_name="grid gap-4", style={"--grid-min": "130px", "margin": "0", "& dd": {"margin": "0"}}
    )
    return ui.card(inside)


def _traits() -> rx.Component:
    def line(trait: Any) -> rx.Component:
        label = t("people.trait.drop", name=trait.id)
        drop = ui.icon_button("close", label, size="sm", on_click=S.drop_trait(trait.id))
        name = rx.el.dt(rx.el.bdi(trait.id))
        value = rx.el.dd(
            ui.row(
                rx.el.bdi(trait.value, class_name="wrap-anywhere"),
                rx.cond(can(MANAGE) & ~S.archived, drop),
                between=True,
                wrap=False,
            )
        )
        return rx.el.div(name, value, class_name="fact", style={"alignItems": "center"})

    facts = rx.el.dl(rx.foreach(S.traits, line), class_name="facts")
    none = rx.el.p(t("people.traits.none"), class_name="text-quiet")
    return ui.card(rx.cond(S.traits.length() > 0, facts, none), title=t("people.traits.title"))


def _campaigns() -> rx.Component:
    def line(touched: Any) -> rx.Component:
        words = ui.stack(
            rx.el.span(rx.el.bdi(touched.id), class_name="wrap-anywhere"),
            rx.el.span(touched.text, " · ", touched.last, class_name="text-quiet"),
            gap=1,
        )
        return rx.el.li(words)

    lines = bare_list(S.campaigns, line)
    return rx.cond(S.campaigns.length() > 0, ui.card(lines, title=t("people.campaigns.title")))


def _ids() -> rx.Component:
    def line(known: Any) -> rx.Component:
        words = ui.stack(
            ui.row(ui.badge(known.kind), rx.el.code(known.value, dir="ltr", class_name="wrap-anywhere")),
            rx.el.span(known.note, class_name="text-quiet"),
            gap=1,
        )
        return rx.el.li(words)

    lines = bare_list(S.ids, line)
    none = rx.el.p(t("people.ids.none"), class_name="text-quiet")
    return ui.card(rx.cond(S.ids.length() > 0, lines, none), title=t("people.ids.title"))


def _merges() -> rx.Component:
    def line(merge: Any) -> rx.Component:
        undo = ui.button(t("people.merge.undo"), size="sm", icon="undo", on_click=S.undo_merge(merge.id))
        words = ui.stack(
            rx.el.span(merge.text, class_name="wrap-anywhere"),
            rx.el.span(merge.at, class_name="text-quiet"),
            gap=1,
        )
        return rx.el.li(ui.row(words, rx.cond(merge.open & can(MANAGE), undo), between=True))

    lines = bare_list(S.merges, line)
    return rx.cond(S.merges.length() > 0, ui.card(lines, title=t("people.merges.title")))
