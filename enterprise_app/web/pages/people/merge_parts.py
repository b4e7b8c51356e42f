"""The merge dialog, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable
from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.people.form_parts import bare_list
from enterprise_app.web.pages.people.merging import MergingState as M
from enterprise_app.web.pages.people.one import PersonState as S
from enterprise_app.web.texts import t


def merge_dialog() -> rx.Component:
    """First choose, then look, then merge."""
    body = rx.cond(M.source == "", _choice(), _preview())
    title = t("people.merge.title", name=S.name)
    return ui.dialog(rx.cond(M.open, body), open=M.open, on_close=M.close, title=title, key="merge", size="lg")


def _choice() -> rx.Component:
    found = bare_list(M.found, _found)
    none = rx.el.p(
        rx.cond(M.searched, t("people.merge.nobody"), t("people.merge.hint")), class_name="text-quiet", role="status"
    )
    return ui.stack(
        ui.search_input(M.q, M.search, label=t("people.list.search"), name="other"),
        rx.cond(M.found.length() > 0, found, none),
    )


def _found(row: Any) -> rx.Component:
    choose = ui.button(t("people.merge.choose"), size="sm", on_click=M.choose(row.id))
    person = ui.person(row.name, row.initials, row.email)
    return rx.el.li(ui.row(person, ui.row(ui.badge(row.stage_text, row.tone, dot=True), choose), between=True))


def _preview() -> rx.Component:
    def cell(name: str) -> Callable[[Any], Any]:
        names = "" if name == "id" else "wrap-anywhere"
        return lambda row: rx.el.bdi(getattr(row, name), class_name=names)

    columns = [
        ui.Column(t("people.merge.trait"), cell("id")),
        ui.Column(S.name, cell("target"), quiet=True),
        ui.Column(M.source_name, cell("source"), quiet=True),
        ui.Column(t("people.merge.result"), cell("result")),
    ]
    facts = ui.definition_list(
        (t("people.field.name"), rx.el.bdi(M.result_name)),
        (t("people.field.stage"), M.result_stage),
        (t("people.ids.title"), M.ids_text),
    )
    return ui.stack(
        rx.el.p(t("people.merge.preview", source=M.source_name, target=S.name)),
        ui.card(facts, title=t("people.merge.result"), level=3),
        ui.card(ui.data_table(columns, M.rows, label=t("people.traits.title")), flush=True),
        ui.submit_row(
            ui.button(t("people.merge.confirm"), variant="primary", loading=M.merging, on_click=M.merge),
            ui.button(t("people.merge.back"), variant="ghost", on_click=M.back),
        ),
    )
