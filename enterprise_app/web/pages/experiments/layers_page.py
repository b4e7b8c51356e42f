"""Layers and hold-outs, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.layers import HOLDOUT, LAYER
from enterprise_app.web.pages.experiments.layers import LayersState as S
from enterprise_app.web.pages.experiments.parts import may, named, upgrade
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

_MAKES = {LAYER: Permission.EXPERIMENTS_CREATE, HOLDOUT: Permission.EXPERIMENTS_RUN}


def layers() -> rx.Component:
    """Both lists, each with its explanation."""
    above = ui.link(t("experiments.list.title"), "/experiments")
    body = ui.stack(_card(LAYER, S.layers), _card(HOLDOUT, S.holdouts))
    return ui.stack(
        ui.page_header(t("experiments.layer.list"), t("experiments.layer.text"), above=above),
        upgrade(),
        rx.cond(S.failed, ui.error_state(on_retry=S.load), body),
        _dialog(),
    )


def _card(kind: str, rows: Any) -> rx.Component:
    new = ui.button(t(f"experiments.{kind}.new"), icon="add", size="sm", on_click=S.start(kind))
    empty = ui.empty_state(
        "board" if kind == LAYER else "lock",
        t(f"experiments.{kind}.empty.title"),
        t(f"experiments.{kind}.empty.text"),
        level=3,
    )
    share = [ui.Column(t("experiments.field.share"), lambda row: row.share, align="end")] if kind == HOLDOUT else []
    columns = [
        ui.Column(t("experiments.field.name"), _name),
        *share,
        ui.Column(t("experiments.field.description"), lambda row: rx.el.bdi(row.description), quiet=True),
        ui.Column(t("experiments.field.created"), lambda row: row.created, quiet=True),
    ]
    table = ui.data_table(
        columns,
        rows,
        label=t(f"experiments.{kind}.title"),
        actions=lambda row: _menu(kind, row),
        loading=S.loading,
        empty=empty,
    )
    return ui.card(table, title=t(f"experiments.{kind}.title"), actions=[rx.cond(may(_MAKES[kind]), new)], flush=True)


def _name(row: Any) -> rx.Component:
    return named(rx.el.bdi(row.name), row.key)


def _menu(kind: str, row: Any) -> rx.Component:
    archive = ui.menu_item(t("experiments.action.archive"), icon="archive", on_click=S.put(kind, row.id, "archive"))
    menu = ui.menu(
        ui.icon_button("more", t("experiments.more", name=row.name), size="sm"),
        ui.menu_item(t("experiments.edit"), icon="edit", on_click=S.edit(kind, row.id)),
        rx.cond(can(Permission.EXPERIMENTS_RUN), archive),
        label=row.name,
        align="end",
    )
    needed = Permission.EXPERIMENTS_UPDATE if kind == LAYER else Permission.EXPERIMENTS_RUN
    return rx.cond(can(needed), menu)


def _dialog() -> rx.Component:
    holdout = S.open == HOLDOUT
    new = rx.cond(holdout, t("experiments.holdout.new"), t("experiments.layer.new"))
    title = rx.cond(S.key == "", new, S.values["name"])
    return ui.dialog(rx.cond(S.open != "", _form()), open=S.open != "", on_close=S.close, title=title, key="layer")


def _form() -> rx.Component:
    is_new = S.key == ""
    share = _field("share", _text("share", dir="ltr", input_mode="decimal"), hint=t("experiments.holdout.share_hint"))
    return ui.form(
        _field("name", _text("name", max_length=200, auto_focus=True)),
        rx.cond(is_new, _field("key", _text("key", dir="ltr", max_length=100), hint=t("experiments.flag.key_hint"))),
        rx.cond(is_new & (S.open == HOLDOUT), share),
        _field("description", ui.textarea(name="description", rows=2, default_value=S.values["description"])),
        ui.submit_row(
            ui.button(t("experiments.form.save"), variant="primary", type="submit", loading=S.saving),
            ui.button(t("components.cancel"), variant="ghost", on_click=S.close),
        ),
        on_submit=S.save,
        no_validate=True,
    )


def _text(word: str, **props: Any) -> rx.Component:
    return ui.text_input(name=word, default_value=S.values[word], auto_complete="off", **props)


def _field(word: str, control: rx.Component, *, hint: Any = None) -> rx.Component:
    return ui.field(t(f"experiments.field.{word}"), control, error=S.errors[word], hint=hint)
