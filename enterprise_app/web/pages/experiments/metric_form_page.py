"""The editor of a metric, as seen: the form, and beside it what it measures."""

# Reflex makes Vars of a state's attributes; that a list then has length() and contains(), no type says.
# pyright: reportAttributeAccessIssue=false

from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments.metric_schemas import PROPERTY, TEXT_COLUMNS
from enterprise_app.domains.experiments.vocabulary import Comparison, Direction, MetricKind, Value
from enterprise_app.web import components as ui
from enterprise_app.web.pages.experiments.conditions import operator_text
from enterprise_app.web.pages.experiments.metric_form import BELOW, EVENT
from enterprise_app.web.pages.experiments.metric_form import MetricFormState as S
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
from enterprise_app.web.texts import t

KINDS = [(kind.value, t(f"experiments.kind.{kind.value}")) for kind in MetricKind]
TYPES = [(name, t(f"experiments.event.{name}")) for name in ("track", "page", "screen")]
VALUES = [(value.value, t(f"experiments.value.{value.value}")) for value in Value]
SUMS = [pair for pair in VALUES if pair[0] != Value.REVENUE.value]
DIRECTIONS = [(one.value, t(f"experiments.direction.{one.value}")) for one in Direction]
UNITS = [(unit, t(f"experiments.unit.{unit}")) for unit in ("hours", "days")]
OPERATORS = [(one.value, operator_text(one.value)) for one in Comparison]


def metric_form(*, is_new: bool) -> rx.Component:
    """One page for making and for changing."""
    title = t("experiments.metric.new") if is_new else S.title
    above = ui.link(t("experiments.metric.list"), "/experiments/metrics")
    body = rx.el.div(ui.split(rx.el.div(_form(is_new=is_new), class_name="form-wide"), _says()), key=S.mark)
    shown = ui.stack(
        ui.page_header(title, t("experiments.metric.form_text"), above=above),
        *([] if is_new else [upgrade()]),
        rx.cond(S.loading, ui.skeleton_page(), unless_included(body) if is_new else body),
    )
    back = ui.button_link(t("experiments.metric.all"), "/experiments/metrics")
    missing = ui.empty_state("search", t("experiments.metric.missing"), t("experiments.missing.text"), back)
    return rx.cond(S.missing, missing, shown)


def _says() -> rx.Component:
    nothing = rx.el.p(t("experiments.metric.says_nothing"), class_name="text-quiet")
    words = rx.el.p(S.says, dir="auto")
    used = rx.cond(S.used > 0, rx.el.p(t("experiments.metric.used_by", count=S.used), class_name="text-quiet"))
    body = rx.el.div(rx.cond(S.says != "", words, nothing), role="status")
    return ui.card(ui.stack(body, used), title=t("experiments.metric.measures"))


def _is(*kinds: MetricKind) -> Any:
    found: Any = S.values["kind"] == kinds[0].value
    for kind in kinds[1:]:
        found = found | (S.values["kind"] == kind.value)
    return found


def _text(word: str, **props: Any) -> rx.Component:
    return ui.text_input(
        name=word,
        default_value=S.values[word],
        auto_complete="off",
        on_blur=lambda value: S.put(word, value),
        **props,
    )


def _field(
    word: str, control: rx.Component, *, label: str = "", error: str = "", hint: str = "", **props: Any
) -> rx.Component:
    return ui.field(
        t(f"experiments.field.{label or word}"),
        control,
        error=S.errors[error or word],
        hint=t(f"experiments.metric.{hint}_hint") if hint else None,
        **props,
    )


def _select(word: str, options: Any) -> rx.Component:
    return ui.select(options, name=word, value=S.values[word], on_change=lambda value: S.put(word, value))


def _number(word: str, **props: Any) -> rx.Component:
    return _field(word, _text(word, input_mode="decimal", dir="ltr"), **props)


def _form(*, is_new: bool) -> rx.Component:
    key = _field("key", _text("key", dir="ltr", max_length=80), hint="key", required=True)
    changed = rx.cond(S.used > 0, ui.callout(t("experiments.metric.changed")))
    archived = rx.cond(S.archived, ui.callout(t("experiments.metric.archived"), tone="warning"))
    description = ui.textarea(name="description", rows=2, default_value=S.values["description"])
    save = ui.button(t("experiments.form.save"), variant="primary", type="submit", loading=S.saving)
    return ui.form(
        problems(S.errors, title=t("experiments.form.wrong")),
        *([] if is_new else [archived, changed]),
        ui.card(
            ui.stack(
                _field("name", _text("name", max_length=200, auto_focus=is_new), required=True),
                *([key] if is_new else []),
                _field("description", description, optional=True),
            ),
            title=t("experiments.form.basics"),
        ),
        ui.card(
            ui.stack(
                ui.grid(_field("kind", _select("kind", KINDS)), _field("direction", _select("direction", DIRECTIONS))),
                rx.el.p(_explained(), class_name="text-quiet"),
            ),
            title=t("experiments.metric.what"),
        ),
        ui.card(_counted(EVENT), title=rx.cond(_is(MetricKind.RATIO), t("experiments.metric.numerator"), _events())),
        rx.cond(_is(MetricKind.RATIO), ui.card(_counted(BELOW), title=t("experiments.metric.denominator"))),
        ui.card(_limits(), title=t("experiments.metric.limits")),
        ui.submit_row(
            rx.cond(may(Permission.METRICS_MANAGE) & ~S.archived, save),
            ui.button_link(t("experiments.form.cancel"), "/experiments/metrics", variant="ghost"),
        ),
        on_submit=S.save,
        no_validate=True,
    )


def _events() -> Any:
    return t("experiments.metric.events")


def _explained() -> Any:
    texts = [(kind.value, t(f"experiments.kind.{kind.value}_text")) for kind in MetricKind]
    return rx.match(S.values["kind"], *texts[1:], texts[0][1])


def _counted(part: str) -> rx.Component:
    value = S.values[f"{part}_value"]
    name = _field(f"{part}_name", _text(f"{part}_name", dir="auto"), label="event_name", hint="event")
    kind = _field(f"{part}_type", _select(f"{part}_type", TYPES), label="event_type")
    added = _field(f"{part}_value", _select(f"{part}_value", VALUES), label="event_value")
    plain = _field(f"{part}_value", _select(f"{part}_value", SUMS), label="event_value")
    number = _field(f"{part}_property", _text(f"{part}_property", dir="ltr"), label="event_property")
    summed = rx.cond(_is(MetricKind.RATIO, MetricKind.PERCENTILE), added, rx.cond(_is(MetricKind.MEAN), plain))
    is_sum = _is(MetricKind.RATIO, MetricKind.PERCENTILE, MetricKind.MEAN)
    money = _is(MetricKind.REVENUE) | (_is(MetricKind.RATIO, MetricKind.PERCENTILE) & (value == Value.REVENUE.value))
    currency = _field("currency", _text("currency", dir="ltr", max_length=3))
    add = ui.button(t("experiments.metric.add_filter"), size="sm", icon="add", on_click=S.add_filter(part))
    return ui.stack(
        ui.grid(kind, name),
        ui.grid(
            summed,
            rx.cond(is_sum & (value == Value.PROPERTY.value), number),
            *([rx.cond(money, currency)] if part == EVENT else []),
        ),
        rx.foreach(S.filters, lambda row: rx.cond(row.owner == part, _filter(row), rx.fragment())),
        rx.el.div(add),
    )


def _filter(row: Any) -> rx.Component:
    def typed(word: str, value: Any, **props: Any) -> rx.Component:
        return ui.text_input(
            name=row.id + "-" + word,
            size="sm",
            default_value=value,
            on_blur=lambda text: S.put_filter(row.id, word, text),
            auto_complete="off",
            **props,
        )

    operator = ui.select(
        OPERATORS,
        name=row.id + "-op",
        size="sm",
        value=row.op,
        on_change=lambda value: S.put_filter(row.id, "op", value),
    )
    return rx.el.div(
        line(
            cell(t("experiments.metric.filter_field"), typed("field", row.field, list="event-fields", dir="ltr")),
            cell(t("experiments.condition.operator"), operator),
            cell(t("experiments.condition.value"), typed("value", row.value)),
            drop_button(t("experiments.condition.drop"), S.drop_filter(row.id)),
            label=t("experiments.condition.one"),
        ),
        row_problem(S.errors, row.id),
        key=row.id,
        class_name="stack gap-1",
    )


def _limits() -> rx.Component:
    window = _field("window", _text("window", input_mode="numeric", dir="ltr"), hint="window", error="window_hours")
    unit = _field("window_unit", _select("window_unit", UNITS))
    zeros = ui.checkbox(
        t("experiments.field.ignore_zeros"),
        checked=S.ignore_zeros,
        on_change=S.set_zeros,
    )
    retention = ui.grid(_number("first_day"), _number("last_day"))
    cut = _number("winsorise", hint="winsorise")
    extra = ui.stack(
        rx.cond(_is(MetricKind.PERCENTILE), _number("percentile", hint="percentile"), cut),
        zeros,
    )
    known = [rx.el.option(value=name) for name in (*TEXT_COLUMNS, "revenue", PROPERTY)]
    fields = rx.el.datalist(*known, id="event-fields")
    return ui.stack(
        fields,
        rx.cond(_is(MetricKind.RETENTION), retention, ui.grid(window, unit)),
        rx.cond(_is(MetricKind.MEAN, MetricKind.REVENUE, MetricKind.PERCENTILE), extra),
    )
