"""The pieces of an experiment's editor: the same in the wizard of a draft and on the page of one that runs."""

# Reflex makes Vars of a state's attributes; that a list then has length() and is one of options, no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.schemas import VARIANTS_MAX
from enterprise_app.domains.experiments.vocabulary import (
    Allocation,
    Correction,
    GuardrailAction,
    Inference,
    MetricRole,
    Monitoring,
)
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.conditions import condition_builder
from enterprise_app.web.pages.experiments.editing import ExperimentFormState as S
from enterprise_app.web.pages.experiments.parts import cell, drop_button, line, row_problem
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

ROLES = [(role.value, t(f"experiments.role.{role.value}")) for role in (MetricRole.SECONDARY, MetricRole.GUARDRAIL)]
CORRECTIONS = [(one.value, t(f"experiments.correction.{one.value}")) for one in Correction]
INFERENCES = [(one.value, t(f"experiments.inference.{one.value}")) for one in Inference]
MONITORINGS = [(one.value, t(f"experiments.monitoring.{one.value}")) for one in Monitoring]
GUARDRAILS = [(one.value, t(f"experiments.guardrail_action.{one.value}")) for one in GuardrailAction]
ALLOCATIONS = [(one.value, t(f"experiments.allocation.{one.value}")) for one in Allocation]


def is_draft() -> Any:
    """Whether nothing of it was shown yet."""
    return S.state == "draft"


def is_open() -> Any:
    """Whether the plan may still change."""
    return (S.state == "draft") | (S.state == "running")


def _kept(word: str) -> dict[str, Any]:
    """What is typed is kept when the field is left: another step may open."""
    return {"name": word, "default_value": S.values[word], "on_blur": lambda value: S.put(word, value)}


def _chosen(word: str) -> dict[str, Any]:
    return {"name": word, "value": S.values[word], "on_change": lambda value: S.put(word, value)}


def _text(word: str, **props: Any) -> rx.Component:
    return ui.text_input(auto_complete="off", **_kept(word), **props)


def _field(word: str, control: rx.Component, *, hint: bool = False, error: str = "", **props: Any) -> rx.Component:
    return ui.field(
        t(f"experiments.field.{word}"),
        control,
        hint=t(f"experiments.form.{word}_hint") if hint else None,
        error=S.errors[error or word],
        **props,
    )


def basics(*, is_new: bool) -> rx.Component:
    hypothesis = ui.textarea(rows=3, **_kept("hypothesis"))
    campaign = ui.select(S.choices.campaigns, placeholder=t("experiments.form.no_campaign"), **_chosen("campaign_id"))
    key = _field("key", _text("key", dir="ltr", max_length=100), hint=True, optional=True)
    return ui.stack(
        _field("name", _text("name", max_length=200, auto_focus=is_new), required=True),
        *([key] if is_new else []),
        _field("hypothesis", hypothesis, hint=True),
        rx.cond(is_draft(), _field("campaign_id", campaign, optional=True)),
    )


def variants() -> rx.Component:
    add = ui.button(t("experiments.variant.add"), size="sm", icon="add", on_click=S.add_variant)
    even = ui.button(t("experiments.variant.even"), size="sm", variant="ghost", on_click=S.share_evenly)
    room = is_draft() & (S.variants.length() < VARIANTS_MAX)
    return ui.stack(
        rx.el.p(t("experiments.variant.text"), class_name="text-quiet"),
        rx.foreach(S.variants, _variant),
        ui.row(rx.cond(room, add), even),
    )


def _variant(row: Any) -> rx.Component:
    def typed(word: str, **props: Any) -> rx.Component:
        return ui.text_input(
            name=row.id + "-" + word,
            size="sm",
            on_blur=lambda value: S.put_variant(row.id, word, value),
            auto_complete="off",
            **props,
        )

    weight = typed("weight", default_value=row.weight, key=row.mark, input_mode="decimal", dir="ltr")
    control = ui.radio(
        t("experiments.variant.control"),
        name="control",
        value=row.id,
        checked=row.is_control,
        disabled=~is_draft(),
        on_change=lambda _value: S.make_control(row.id),
    )
    drop = drop_button(t("experiments.variant.drop", name=row.name), S.drop_variant(row.id), disabled=row.is_control)
    return rx.el.div(
        line(
            cell(t("experiments.variant.name"), typed("name", default_value=row.name, max_length=200), grow=2),
            cell(
                t("experiments.variant.key"),
                typed("key", default_value=row.key, max_length=100, dir="ltr", read_only=~is_draft()),
            ),
            cell(t("experiments.variant.weight"), weight, grow=0, least=88),
            rx.el.div(control, style={"paddingBlockEnd": "5px"}),
            rx.cond(is_draft() & (S.variants.length() > 2), drop),
            label=row.name,
        ),
        row_problem(S.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )


def weights_sum() -> rx.Component:
    tone = rx.cond(S.sum_fits, "success", "danger")
    wrong = rx.cond(S.sum_fits, rx.fragment(), rx.el.span(t("experiments.variant.sum_wrong"), class_name="text-quiet"))
    total = ui.row(rx.el.span(t("experiments.variant.sum")), ui.badge(S.sum, tone), wrong)
    return rx.el.div(total, row_problem(S.errors, "variants"), role="status")


def metrics() -> rx.Component:
    primary = ui.select(S.choices.metrics, placeholder=t("experiments.form.no_metric"), **_chosen("primary"))
    buttons = [
        ui.button(t(f"experiments.metrics.add_{role.value}"), size="sm", icon="add", on_click=S.add_use(role.value))
        for role in (MetricRole.SECONDARY, MetricRole.GUARDRAIL)
    ]
    new = ui.link(t("experiments.metrics.new_elsewhere"), "/experiments/metrics/new", external=True)
    return ui.stack(
        _field("primary", primary, hint=True, error="metrics"),
        rx.foreach(S.uses, _use),
        ui.row(*buttons, rx.cond(can(Permission.METRICS_MANAGE), new)),
    )


def _use(row: Any) -> rx.Component:
    metric = ui.select(
        S.choices.metrics,
        name=row.id + "-metric",
        size="sm",
        placeholder=t("experiments.form.no_metric"),
        value=row.metric,
        on_change=lambda value: S.put_use(row.id, "metric", value),
    )
    role = ui.select(
        ROLES,
        name=row.id + "-role",
        size="sm",
        value=row.role,
        on_change=lambda value: S.put_use(row.id, "role", value),
    )
    return rx.el.div(
        line(
            cell(t("experiments.metrics.metric"), metric, grow=2),
            cell(t("experiments.metrics.role"), role),
            drop_button(t("experiments.metrics.drop"), S.drop_use(row.id)),
            label=t("experiments.metrics.metric"),
        ),
        row_problem(S.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )


def who() -> rx.Component:
    layer = ui.select(S.choices.layers, placeholder=t("experiments.form.no_layer"), **_chosen("layer_id"))
    layers = ui.grid(
        _field("layer_id", layer, hint=True, optional=True),
        _field("layer_share", _text("layer_share", input_mode="decimal", dir="ltr"), optional=True),
    )
    coverage = _text("coverage", input_mode="decimal", dir="ltr")
    return ui.stack(
        rx.el.div(_field("coverage", coverage, hint=True), style={"maxInlineSize": "22rem"}),
        ui.stack(
            rx.el.h3(t("experiments.form.targeting"), class_name="field-label"),
            rx.el.p(t("experiments.form.targeting_hint"), class_name="field-hint"),
            condition_builder(S),
            row_problem(S.errors, "conditions"),
            gap=2,
        ),
        rx.cond(is_draft(), ui.stack(_tick("holdout"), layers)),
    )


def _select(word: str, options: Any) -> rx.Component:
    return _field(word, ui.select(options, **_chosen(word)), hint=True, error=f"settings.{word}")


def _number(word: str, **props: Any) -> rx.Component:
    return _field(word, _text(word, input_mode="decimal", dir="ltr", **props), error=f"settings.{word}")


def _tick(word: str) -> rx.Component:
    return ui.checkbox(
        t(f"experiments.field.{word}"),
        hint=t(f"experiments.form.{word}_hint"),
        name=word,
        checked=S.ticked[word],
        on_change=lambda ticked: S.tick(word, ticked),
    )


def judging() -> rx.Component:
    """How sure a result must be, and how it is read."""
    numbers = ui.grid(_number("alpha"), _number("power"), smallest=150)
    ways = ui.grid(
        _select("monitoring", MONITORINGS),
        _select("correction", CORRECTIONS),
        _select("inference", INFERENCES),
        smallest=220,
    )
    return ui.stack(rx.el.div(numbers, class_name="grid-end"), ways)


def stopping() -> rx.Component:
    """When a winner may be named, and what happens when a guardrail is harmed."""
    take = ui.button(t("experiments.plan.take", units=S.plan.units), size="sm", on_click=S.take_plan)
    numbers = ui.grid(_number("min_units", key=S.units_mark), _number("auto_after_days"), smallest=150)
    return ui.stack(
        rx.el.div(numbers, class_name="grid-end"),
        rx.cond(S.plan.count > 0, rx.el.div(take)),
        _tick("auto_winner"),
        ui.grid(_select("guardrail_action", GUARDRAILS), _select("allocation", ALLOCATIONS), smallest=220),
    )


def counting() -> rx.Component:
    """Who counts, and with which past."""
    return ui.stack(_tick("exposed_when_served"), _tick("cuped"))
