"""The form for results of the same test from another tool, as seen."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.elsewhere import CONVERTED, RATIO, SUMS
from enterprise_app.web.pages.experiments.elsewhere import ElsewhereState as S
from enterprise_app.web.pages.experiments.parts import cell, included, line, problems, row_problem, upgrade
from enterprise_app.web.texts import t


def elsewhere_form() -> rx.Component:
    """The whole page."""
    back = "/experiments/" + S.key
    head = ui.page_header(t("elsewhere.title"), t("elsewhere.text"), above=ui.link(S.title, back))
    nothing = ui.card(
        ui.empty_state(
            "target", t("elsewhere.no_metrics"), t("elsewhere.no_metrics_text"),
            ui.button_link(t("experiments.edit"), back + "/edit"),
        )
    )  # fmt: skip
    form = rx.el.div(_form(back), key=S.mark, class_name="form-wide")
    body = rx.cond(S.blocks.length() > 0, form, nothing)
    shown = ui.stack(head, upgrade(), body)
    missing = ui.empty_state(
        "search", t("experiments.missing.title"), t("experiments.missing.text"),
        ui.button_link(t("experiments.all"), "/experiments"),
    )  # fmt: skip
    return rx.cond(S.missing, missing, rx.cond(S.loading, ui.skeleton_page(), shown))


def _form(back: Any) -> rx.Component:
    save = ui.button(t("elsewhere.submit"), variant="primary", type="submit", loading=S.saving)
    return ui.form(
        problems(S.errors, title=t("experiments.form.wrong")),
        ui.card(
            ui.stack(
                ui.field(
                    t("elsewhere.field.source"),
                    ui.text_input(name="source", max_length=200, auto_complete="off"),
                    hint=t("elsewhere.field.source_hint"),
                    error=S.errors["source"],
                    required=True,
                ),
                ui.grid(
                    ui.field(
                        t("elsewhere.field.started"), ui.date_input(name="started_on"), error=S.errors["started_at"],
                        optional=True,
                    ),
                    ui.field(
                        t("elsewhere.field.ended"), ui.date_input(name="ended_on"), error=S.errors["ended_at"],
                        optional=True,
                    ),
                ),
            ),
            title=t("elsewhere.where"),
        ),
        rx.foreach(S.blocks, _block),
        ui.submit_row(
            rx.cond(included(), save), ui.button_link(t("experiments.form.cancel"), back, variant="ghost"),
        ),
        on_submit=S.save,
        no_validate=True,
    )  # fmt: skip


def _block(block: Any) -> rx.Component:
    rows = rx.foreach(S.arms, lambda arm: rx.cond(arm.metric == block.id, _arm(arm, block), rx.fragment()))
    told = [
        (CONVERTED, t("elsewhere.asked.converted")),
        (RATIO, t("elsewhere.asked.ratio")),
    ]
    explained = rx.el.p(rx.match(block.asked, *told, t("elsewhere.asked.mean")), class_name="text-quiet flat")
    return ui.card(
        ui.stack(explained, rows, gap=4),
        title=rx.el.bdi(block.name),
        actions=[rx.cond(block.currency != "", rx.el.span(block.currency, class_name="text-quiet"))],
    )


def _arm(arm: Any, block: Any) -> rx.Component:
    plain = [_cell(arm, "mean"), _cell(arm, "deviation")]
    asked = rx.match(
        block.asked,
        (CONVERTED, _cell(arm, "converted")),
        (RATIO, rx.fragment(*[_cell(arm, name) for name in SUMS])),
        rx.fragment(*plain),
    )
    name = rx.el.strong(rx.el.bdi(arm.name))
    return rx.el.div(
        name,
        line(_cell(arm, "units"), asked, label=arm.name),
        row_problem(S.errors, arm.id),
        key=arm.id,
        class_name="stack gap-1",
    )


def _cell(arm: Any, word: str) -> rx.Component:
    control = ui.text_input(
        name=arm.id + "-" + word,
        size="sm",
        default_value=arm[word],
        input_mode="decimal",
        dir="ltr",
        auto_complete="off",
    )
    return cell(t(f"elsewhere.word.{word}"), control)
