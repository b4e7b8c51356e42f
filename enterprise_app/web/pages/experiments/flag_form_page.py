"""The editor of a flag, as seen: switch and code beside the form."""

# Reflex makes Vars of a state's attributes; that a list then has length() and is one of options, no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.vocabulary import FlagKind
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.conditions import condition_builder, known_attributes
from enterprise_app.web.pages.experiments.flag_form import FlagFormState as S
from enterprise_app.web.pages.experiments.flag_rows import DEFAULT, EXPERIMENT, SPLIT
from enterprise_app.web.pages.experiments.parts import (
    cell,
    drop_button,
    line,
    may,
    problems,
    row_problem,
    unless_included,
    upgrade,
)
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

KINDS = [(kind.value, t(f"experiments.flag_kind.{kind.value}")) for kind in FlagKind]


def flag_form(*, is_new: bool) -> rx.Component:
    """One page for making and for changing."""
    title = t("experiments.flag.new") if is_new else S.title
    above = ui.link(t("experiments.flag.list"), "/flags")
    aside = _help() if is_new else ui.stack(_switch(), _code())
    # Made anew with each flag: fields keep what was typed, and another flag must not get that.
    body = rx.el.div(ui.split(rx.el.div(_form(is_new=is_new), class_name="form-wide"), aside), key=S.mark)
    shown = ui.stack(
        ui.page_header(title, t("experiments.flag.form_text") if is_new else None, above=above),
        *([] if is_new else [upgrade()]),
        rx.cond(S.loading, ui.skeleton_page(), unless_included(body) if is_new else body),
    )
    back = ui.button_link(t("experiments.flag.all"), "/flags")
    missing = ui.empty_state("search", t("experiments.flag.missing"), t("experiments.missing.text"), back)
    return rx.cond(S.missing, missing, shown)


def _help() -> rx.Component:
    return ui.card(rx.el.p(t("experiments.flag.order"), class_name="text-quiet"), title=t("experiments.flag.how"))


def _switch() -> rx.Component:
    """The kill switch: off asks first, on does not."""
    on = ui.badge(t("experiments.flag.on"), "success", dot=True)
    off = ui.badge(t("experiments.flag.off"), "neutral", dot=True)
    stop = ui.button(t("experiments.flag.switch_off"), variant="danger", icon="pause", on_click=S.ask)
    start = ui.button(t("experiments.flag.switch_on"), variant="primary", icon="play", on_click=S.switch(S.key, True))
    button = rx.cond(S.enabled, stop, rx.cond(may(Permission.FLAGS_MANAGE), start))
    question = ui.confirm_dialog(
        open=S.asking,
        on_close=S.keep,
        on_confirm=S.switch(S.key, False),
        title=t("experiments.flag.off.title", name=S.title),
        text=t("experiments.flag.off.text"),
        confirm=t("experiments.flag.switch_off"),
        key="off",
    )
    return ui.card(
        ui.stack(
            ui.row(rx.cond(S.enabled, on, off), between=True),
            rx.el.p(rx.cond(S.enabled, t("experiments.flag.on_text"), t("experiments.flag.off_text"))),
            rx.cond(can(Permission.FLAGS_MANAGE) & ~S.archived, rx.el.div(button)),
            question,
        ),
        title=t("experiments.field.state"),
    )


def _code() -> rx.Component:
    sources = ui.link(t("experiments.flag.write_keys"), "/sources")
    return ui.card(
        ui.stack(
            rx.el.p(t("experiments.flag.code_text"), class_name="text-quiet"),
            ui.code_block(S.code, title="JavaScript"),
            rx.cond(can(Permission.SOURCES_READ), rx.el.div(sources)),
        ),
        title=t("experiments.flag.code"),
    )


def _field(word: str, control: rx.Component, *, hint: str = "", **props: Any) -> rx.Component:
    return ui.field(
        t(f"experiments.field.{word}"),
        control,
        error=S.errors[word],
        hint=t(f"experiments.flag.{hint}_hint") if hint else None,
        **props,
    )


def _form(*, is_new: bool) -> rx.Component:
    save = ui.button(t("experiments.form.save"), variant="primary", type="submit", loading=S.saving)
    own = ui.callout(
        t("experiments.flag.own_text"),
        action=ui.button_link(t("experiments.flag.own_open"), S.experiment, size="sm"),
    )
    archived = ui.callout(t("experiments.flag.archived"), tone="warning")
    parts = ui.stack(
        ui.card(_variations(), title=t("experiments.flag.variations")),
        ui.card(_rules(), title=t("experiments.flag.rules")),
        ui.card(_prerequisites(), title=t("experiments.flag.prerequisites")),
    )
    return ui.form(
        known_attributes(),
        problems(S.errors, title=t("experiments.form.wrong")),
        *([] if is_new else [rx.cond(S.archived, archived), rx.cond(S.experiment != "", own)]),
        ui.card(_basics(is_new=is_new), title=t("experiments.form.basics")),
        rx.cond(S.experiment == "", parts),
        ui.submit_row(
            rx.cond(may(Permission.FLAGS_MANAGE) & ~S.archived, save),
            ui.button_link(t("experiments.form.cancel"), "/flags", variant="ghost"),
        ),
        on_submit=S.save,
        no_validate=True,
    )


def _text(word: str, **props: Any) -> rx.Component:
    return ui.text_input(name=word, default_value=S.values[word], auto_complete="off", **props)


def _basics(*, is_new: bool) -> rx.Component:
    kind = ui.select(KINDS, name="kind", value=S.values["kind"], on_change=S.set_kind)
    key = _field("key", _text("key", dir="ltr", max_length=100), hint="key", required=True)
    description = ui.textarea(name="description", rows=2, default_value=S.values["description"])
    return ui.stack(
        _field("name", _text("name", max_length=200, auto_focus=is_new), required=True),
        *([key, _field("kind", kind)] if is_new else []),
        _field("description", description, optional=True),
    )


def _typed(row: Any, word: str, value: Any, on_blur: Any, **props: Any) -> rx.Component:
    return ui.text_input(
        name=row.id + "-" + word, size="sm", default_value=value, on_blur=on_blur, auto_complete="off", **props
    )


def _variations() -> rx.Component:
    add = ui.button(t("experiments.flag.add_variation"), size="sm", icon="add", on_click=S.add_variation)
    off = _select(_variation_options(), name="off_variation", value=S.off, on_change=S.set_off)
    return ui.stack(
        rx.foreach(S.variations, _variation),
        rx.cond(S.values["kind"] != FlagKind.BOOLEAN.value, rx.el.div(add)),
        rx.el.div(_field("off_variation", off, hint="off_variation"), style={"maxInlineSize": "22rem"}),
    )


def _variation_options() -> rx.Component:
    """The variations by name, live."""
    return rx.foreach(S.variations, lambda v: rx.el.option(rx.cond(v.name != "", v.name, v.key), value=v.id))


def _select(*options: Any, **props: Any) -> rx.Component:
    mark = ui.icon("chevron_down", 14, class_name="select-mark")
    control = rx.el.select(*options, class_name="input select input-sm", **props)
    return rx.el.span(control, mark, class_name="select-wrap")


def _variation(row: Any) -> rx.Component:
    def typed(word: str, value: Any, **props: Any) -> rx.Component:
        return _typed(row, word, value, lambda text: S.put_variation(row.id, word, text), **props)

    boolean = S.values["kind"] == FlagKind.BOOLEAN.value
    value = typed("value", row.value, dir="ltr", read_only=boolean)
    drop = drop_button(t("experiments.flag.drop_variation"), S.drop_variation(row.id))
    return rx.el.div(
        line(
            cell(t("experiments.variant.name"), typed("name", row.name, max_length=200)),
            cell(t("experiments.variant.key"), typed("key", row.key, max_length=100, dir="ltr")),
            cell(t("experiments.flag.value"), value, grow=2),
            rx.cond(~boolean & (S.variations.length() > 1), drop),
            label=row.name,
        ),
        row_problem(S.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )


def _serve(row: Any) -> rx.Component:
    """What is served: a variation, a split, or the experiment that is served already."""
    experiment = rx.cond(row.experiment != "", rx.el.option(t("experiments.flag.of_experiment"), value=EXPERIMENT))
    control = _select(
        _variation_options(),
        rx.el.option(t("experiments.flag.split"), value=SPLIT),
        experiment,
        value=row.serve,
        on_change=lambda value: S.put_rule(row.id, "serve", value),
    )
    return cell(t("experiments.flag.serve"), control)


def _split(row: Any) -> rx.Component:
    coverage = _typed(
        row,
        "coverage",
        row.coverage,
        lambda text: S.put_rule(row.id, "coverage", text),
        dir="ltr",
        input_mode="decimal",
    )
    parts = rx.foreach(S.portions, lambda part: rx.cond(part.owner == row.id, _portion(part), rx.fragment()))
    shown = ui.row(parts, cell(t("experiments.field.coverage"), coverage, grow=0, least=110), gap=2)
    return rx.cond(row.serve == SPLIT, shown)


def _portion(part: Any) -> rx.Component:
    box = ui.text_input(
        name=part.id + "-weight",
        size="sm",
        default_value=part.weight,
        on_blur=lambda text: S.put_portion(part.id, text),
        dir="ltr",
        input_mode="decimal",
        auto_complete="off",
    )
    names = rx.foreach(
        S.variations, lambda v: rx.cond(v.id == part.variation, rx.cond(v.name != "", v.name, v.key), "")
    )
    caption = rx.el.span(names, " %", class_name="filter-label")
    style = {"flex": "0 1 110px", "minInlineSize": "0"}
    return rx.el.label(caption, box, class_name="stack gap-1", style=style, key=part.id)


def _rules() -> rx.Component:
    add = ui.button(t("experiments.flag.add_rule"), size="sm", icon="add", on_click=S.add_rule)
    none = rx.el.p(t("experiments.flag.no_rules"), class_name="text-quiet")
    others = rx.foreach(S.rules, lambda row: rx.cond(row.id == DEFAULT, rx.fragment(), _rule(row)))
    default = rx.foreach(S.rules, lambda row: rx.cond(row.id == DEFAULT, _default(row), rx.fragment()))
    return ui.stack(rx.cond(S.rules.length() > 1, others, none), rx.el.div(add), ui.divider(), default)


def _rule(row: Any) -> rx.Component:
    name = _typed(row, "name", row.name, lambda text: S.put_rule(row.id, "name", text), max_length=200)
    up = ui.icon_button("arrow_up", t("experiments.flag.raise_rule"), size="sm", on_click=S.raise_rule(row.id))
    body = ui.stack(
        line(
            cell(t("experiments.flag.rule_name"), name, grow=2),
            up,
            drop_button(t("experiments.flag.drop_rule"), S.drop_rule(row.id)),
        ),
        condition_builder(S, row.id),
        line(_serve(row)),
        _split(row),
        row_problem(S.errors, row.id),
        gap=3,
    )
    return rx.el.div(body, key=row.id, role="group", aria_label=t("experiments.flag.rule"), class_name="form-group")


def _default(row: Any) -> rx.Component:
    return ui.stack(
        rx.el.h3(t("experiments.flag.default"), class_name="field-label"),
        line(_serve(row)),
        _split(row),
        row_problem(S.errors, row.id),
        gap=2,
    )


def _prerequisites() -> rx.Component:
    add = ui.button(t("experiments.flag.add_prerequisite"), size="sm", icon="add", on_click=S.add_prerequisite)
    return ui.stack(
        rx.el.p(t("experiments.flag.prerequisites_text"), class_name="text-quiet"),
        rx.foreach(S.prerequisites, _prerequisite),
        rx.el.div(add),
    )


def _prerequisite(row: Any) -> rx.Component:
    flag = ui.select(
        S.flags,
        name=row.id + "-flag",
        size="sm",
        placeholder=t("experiments.flag.choose"),
        value=row.flag,
        on_change=lambda value: S.put_prerequisite(row.id, "flag", value),
    )
    answers = _typed(
        row, "variations", row.variations, lambda text: S.put_prerequisite(row.id, "variations", text), dir="ltr"
    )
    return rx.el.div(
        line(
            cell(t("experiments.flag.one"), flag),
            cell(t("experiments.flag.answers"), answers),
            drop_button(t("experiments.flag.drop_prerequisite"), S.drop_prerequisite(row.id)),
            label=t("experiments.flag.prerequisites"),
        ),
        row_problem(S.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )
