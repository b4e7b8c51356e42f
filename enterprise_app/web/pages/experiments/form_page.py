"""The editor of an experiment, as seen: the form, and beside it the plan."""

# Reflex makes Vars of a state's attributes; that a list then has length() and is one of options, no type says.
# pyright: reportAttributeAccessIssue=false, reportArgumentType=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.schemas import VARIANTS_MAX
from enterprise_app.domains.experiments.vocabulary import Correction, Inference, MetricRole, Monitoring
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.actions import experiment_missing
from enterprise_app.web.pages.experiments.conditions import condition_builder, known_attributes
from enterprise_app.web.pages.experiments.editing import ExperimentFormState as S
from enterprise_app.web.pages.experiments.parts import (
    cell,
    drop_button,
    included,
    line,
    problems,
    row_problem,
    upgrade,
)
from enterprise_app.web.pages.experiments.plan_card import plan_card
from enterprise_app.web.shell.session import can
from enterprise_app.web.texts import t

ROLES = [(role.value, t(f"experiments.role.{role.value}")) for role in (MetricRole.SECONDARY, MetricRole.GUARDRAIL)]
CORRECTIONS = [(one.value, t(f"experiments.correction.{one.value}")) for one in Correction]
INFERENCES = [(one.value, t(f"experiments.inference.{one.value}")) for one in Inference]
MONITORINGS = [(one.value, t(f"experiments.monitoring.{one.value}")) for one in Monitoring]


def experiment_form(*, is_new: bool) -> rx.Component:
    """One page for making and for changing."""
    title = t("experiments.new") if is_new else S.title
    above = ui.link(t("experiments.list.title"), "/experiments")
    form = rx.el.div(_form(is_new=is_new), class_name="form-wide")
    body = rx.el.div(ui.split(form, plan_card()), key=S.mark)
    shown = ui.stack(
        ui.page_header(title, t("experiments.form.text") if is_new else None, above=above),
        upgrade(),
        rx.cond(S.loading, ui.skeleton_page(), body),
    )
    return rx.cond(S.missing, experiment_missing(), shown)


def _draft() -> Any:
    return S.state == "draft"


def _open() -> Any:
    """Whether the plan may still change."""
    return (S.state == "draft") | (S.state == "running")


def _form(*, is_new: bool) -> rx.Component:
    running = ui.callout(t("experiments.form.running"), title=t("experiments.form.running_title"), tone="warning")
    stopped = ui.callout(t("experiments.form.stopped"), tone="info")
    cancel = "/experiments" if is_new else "/experiments/" + S.key
    return ui.form(
        known_attributes(),
        problems(S.errors, title=t("experiments.form.wrong")),
        *([] if is_new else [rx.cond(S.state == "running", running), rx.cond(S.state == "stopped", stopped)]),
        ui.card(_basics(is_new=is_new), title=t("experiments.form.basics")),
        rx.cond(
            _open(),
            ui.stack(
                ui.card(_variants(), title=t("experiments.form.variants"), footer=_sum()),
                ui.card(_metrics(), title=t("experiments.form.metrics")),
                ui.card(_who(), title=t("experiments.form.who")),
                _judging(),
            ),
        ),
        ui.submit_row(
            ui.button(
                t("experiments.form.save"),
                variant="primary",
                type="submit",
                loading=S.saving,
                disabled=~included(),
            ),
            ui.button_link(t("experiments.form.cancel"), cancel, variant="ghost"),
        ),
        on_submit=S.save,
        no_validate=True,
    )


def _text(word: str, *, error: str | None = None, live: bool = False, **props: Any) -> rx.Component:
    more: dict[str, Any] = {"on_blur": lambda value: S.put(word, value)} if live else {}
    return ui.text_input(name=word, default_value=S.values[word], auto_complete="off", **more, **props)


def _field(word: str, control: rx.Component, *, hint: bool = False, error: str = "", **props: Any) -> rx.Component:
    return ui.field(
        t(f"experiments.field.{word}"),
        control,
        hint=t(f"experiments.form.{word}_hint") if hint else None,
        error=S.errors[error or word],
        **props,
    )


def _basics(*, is_new: bool) -> rx.Component:
    hypothesis = ui.textarea(name="hypothesis", rows=3, default_value=S.values["hypothesis"])
    campaign = ui.select(
        S.choices.campaigns,
        name="campaign_id",
        placeholder=t("experiments.form.no_campaign"),
        default_value=S.values["campaign_id"],
    )
    key = _field("key", _text("key", dir="ltr", max_length=100), hint=True, optional=True)
    return ui.stack(
        _field("name", _text("name", max_length=200, auto_focus=is_new), required=True),
        *([key] if is_new else []),
        _field("hypothesis", hypothesis, hint=True),
        rx.cond(_draft(), _field("campaign_id", campaign, optional=True)),
    )


def _variants() -> rx.Component:
    add = ui.button(t("experiments.variant.add"), size="sm", icon="add", on_click=S.add_variant)
    even = ui.button(t("experiments.variant.even"), size="sm", variant="ghost", on_click=S.share_evenly)
    room = _draft() & (S.variants.length() < VARIANTS_MAX)
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
        disabled=~_draft(),
        on_change=lambda _value: S.make_control(row.id),
    )
    drop = drop_button(t("experiments.variant.drop", name=row.name), S.drop_variant(row.id), disabled=row.is_control)
    return rx.el.div(
        line(
            cell(t("experiments.variant.name"), typed("name", default_value=row.name, max_length=200), grow=2),
            cell(
                t("experiments.variant.key"),
                typed("key", default_value=row.key, max_length=100, dir="ltr", read_only=~_draft()),
            ),
            cell(t("experiments.variant.weight"), weight, grow=0, least=88),
            rx.el.div(control, style={"paddingBlockEnd": "5px"}),
            rx.cond(_draft() & (S.variants.length() > 2), drop),
            label=row.name,
        ),
        row_problem(S.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )


def _sum() -> rx.Component:
    tone = rx.cond(S.sum_fits, "success", "danger")
    wrong = rx.cond(S.sum_fits, rx.fragment(), rx.el.span(t("experiments.variant.sum_wrong"), class_name="text-quiet"))
    total = ui.row(rx.el.span(t("experiments.variant.sum")), ui.badge(S.sum, tone), wrong)
    return rx.el.div(total, row_problem(S.errors, "variants"), role="status")


def _metrics() -> rx.Component:
    primary = ui.select(
        S.choices.metrics,
        name="primary",
        placeholder=t("experiments.form.no_metric"),
        default_value=S.values["primary"],
    )
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


def _who() -> rx.Component:
    layer = ui.select(
        S.choices.layers,
        name="layer_id",
        placeholder=t("experiments.form.no_layer"),
        default_value=S.values["layer_id"],
    )
    holdout = ui.checkbox(
        t("experiments.field.holdout"),
        hint=t("experiments.form.holdout_hint"),
        name="holdout",
        default_checked=S.ticked["holdout"],
    )
    layers = ui.grid(
        _field("layer_id", layer, hint=True, optional=True),
        _field("layer_share", _text("layer_share", input_mode="decimal", dir="ltr"), optional=True),
    )
    coverage = _text("coverage", live=True, input_mode="decimal", dir="ltr")
    return ui.stack(
        rx.el.div(_field("coverage", coverage, hint=True), style={"maxInlineSize": "22rem"}),
        ui.stack(
            rx.el.h3(t("experiments.form.targeting"), class_name="field-label"),
            rx.el.p(t("experiments.form.targeting_hint"), class_name="field-hint"),
            condition_builder(S),
            row_problem(S.errors, "conditions"),
            gap=2,
        ),
        rx.cond(_draft(), ui.stack(holdout, layers)),
    )


def _select(word: str, options: Any) -> rx.Component:
    control = ui.select(options, name=word, default_value=S.values[word], on_change=lambda value: S.put(word, value))
    return _field(word, control, hint=True, error=f"settings.{word}")


def _number(word: str) -> rx.Component:
    return _field(word, _text(word, live=True, input_mode="decimal", dir="ltr"), error=f"settings.{word}")


def _tick(word: str) -> rx.Component:
    return ui.checkbox(
        t(f"experiments.field.{word}"),
        hint=t(f"experiments.form.{word}_hint"),
        name=word,
        default_checked=S.ticked[word],
    )


def _judging() -> rx.Component:
    """Good defaults, so they are folded away."""
    fields = ui.stack(
        rx.el.input(type="hidden", name="shown", value="yes", read_only=True),
        rx.el.div(
            ui.grid(_number("alpha"), _number("power"), _number("min_units"), _number("auto_after_days"), smallest=150),
            class_name="grid-end",
        ),
        ui.grid(
            _select("monitoring", MONITORINGS),
            _select("correction", CORRECTIONS),
            _select("inference", INFERENCES),
            smallest=220,
        ),
        _tick("auto_winner"),
        _tick("cuped"),
        _tick("exposed_when_served"),
    )
    summary = rx.el.summary(
        rx.el.span(t("experiments.form.settings"), class_name="card-title"),
        rx.el.span(t("experiments.form.settings_text"), class_name="text-quiet"),
        class_name="fold-summary",
    )
    return rx.el.details(summary, rx.el.div(fields, class_name="card-body"), class_name="card fold")
