"""The editor of a metric: what stands there is read out in a sentence with every change."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import FieldProblem, Invalid
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import (
    FILTERS_MAX,
    Counted,
    Definition,
    EventFilter,
    Metric,
    MetricChange,
    MetricDraft,
)
from enterprise_app.domains.experiments.vocabulary import Comparison, Direction, MetricKind, Value
from enterprise_app.domains.localization import service as localization
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.web.pages.experiments.metric_words import sentences
from enterprise_app.web.pages.experiments.rows import (
    LONGEST,
    Row,
    at_rows,
    fresh,
    merged,
    number_of,
    percent_text,
    put,
    share_of,
    without,
)
from enterprise_app.web.shell.acting import opened
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of
from enterprise_app.web.shell.toasts import toast

EVENT, BELOW = "event", "denominator"
_OF_EVENTS = [f"{part}_{word}" for part in (EVENT, BELOW) for word in ("type", "name", "value", "property")]
WORDS = (
    "name", "key", "description", "kind", "direction", "currency", "window", "window_unit", "winsorise", "percentile",
    "first_day", "last_day", *_OF_EVENTS,
)  # fmt: skip
_SUMS = (MetricKind.MEAN, MetricKind.RATIO, MetricKind.PERCENTILE)
"""Kinds that let choose what is added up."""


class FilterRow(Row):
    """A condition on the events; `owner` says which."""

    owner: str = EVENT
    field: str = ""
    op: str = Comparison.EQ.value
    value: str = ""


class MetricFormState(rx.State):
    """What stands in the form."""

    loading: bool = True
    missing: bool = False
    saving: bool = False
    mark: str = ""
    key: str = ""
    title: str = ""
    archived: bool = False
    used: int = 0
    values: dict[str, str] = dict.fromkeys(WORDS, "")
    ignore_zeros: bool = False
    filters: list[FilterRow] = []
    says: str = ""
    errors: dict[str, str] = {}
    _version: int = 0
    _before: dict[str, Any] = {}

    @action(Permission.METRICS_MANAGE)
    async def load_new(self, ctx: Context) -> None:
        """An empty form: a rate of visitors with an event."""
        self.reset()
        self._start(await _currency(ctx))
        self.mark, self.loading = fresh(), False

    @action(Permission.METRICS_READ)
    async def load(self, ctx: Context) -> None:
        """The form of the metric that the URL names."""
        metric = await opened(self, ctx, service.get_metric, anew=True)
        if metric is None:
            return
        self._start(await _currency(ctx))
        self._fill(ctx, metric)
        self._read_out(ctx)
        self.mark, self.loading = fresh(), False

    @action(Permission.METRICS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    def _start(self, currency: str) -> None:
        self.values = self.values | {
            "kind": MetricKind.PROPORTION.value,
            "direction": Direction.UP.value,
            "currency": currency,
            "window_unit": "days",
            "first_day": "1",
            "last_day": "7",
            **{f"{part}_type": "track" for part in (EVENT, BELOW)},
            **{f"{part}_value": Value.COUNT.value for part in (EVENT, BELOW)},
        }

    def _fill(self, ctx: Context, metric: Metric) -> None:
        one = metric.definition
        self._version, self.title, self.used = metric.version, metric.name, metric.used_by
        self.archived, self.ignore_zeros = metric.archived_at is not None, one.ignore_zeros
        hours = one.window_hours
        unit, count = ("hours", hours) if hours and hours % 24 else ("days", (hours or 0) // 24)
        self.values = self.values | {
            "name": metric.name,
            "key": metric.key,
            "description": metric.description,
            "kind": one.kind.value,
            "direction": one.direction.value,
            "window": localization.format_number(count, ctx.locale) if count else "",
            "window_unit": unit,
            "winsorise": percent_text(ctx, one.winsorise) if one.winsorise else "",
            "percentile": percent_text(ctx, one.percentile) if one.percentile else "",
        }
        if one.currency:
            self.values = self.values | {"currency": one.currency}
        if one.kind is MetricKind.RETENTION:
            days = {"first_day": one.first_day or 0, "last_day": one.last_day or 0}
            told = {name: localization.format_number(day, ctx.locale) for name, day in days.items()}
            self.values = self.values | told
        for part, counted in ((EVENT, one.event), (BELOW, one.denominator)):
            if counted is not None:
                self._fill_counted(part, counted)
        self._before = one.model_dump(mode="json")

    def _fill_counted(self, part: str, counted: Counted) -> None:
        words = {"type": counted.type, "name": counted.name, "value": counted.value.value, "property": counted.property}
        self.values = self.values | {f"{part}_{word}": value or "" for word, value in words.items()}
        self.filters = [*self.filters, *[_row(part, one) for one in counted.filters]]

    @action(Permission.METRICS_READ)
    async def put(self, ctx: Context, word: str, value: str) -> None:
        """A field was left or chosen; the sentence follows."""
        if word in self.values:
            self.values = self.values | {word: value.strip()[:LONGEST]}
            self._read_out(ctx)

    @action(Permission.METRICS_READ)
    async def set_zeros(self, ctx: Context, ticked: bool) -> None:
        """Whether visitors without a value count for the percentile."""
        self.ignore_zeros = ticked is True
        self._read_out(ctx)

    @action(Permission.METRICS_READ)
    async def add_filter(self, owner: str) -> None:
        """One more condition on the events."""
        if owner in (EVENT, BELOW) and sum(row.owner == owner for row in self.filters) < FILTERS_MAX:
            self.filters = [*self.filters, FilterRow(id=fresh(), owner=owner)]

    @action(Permission.METRICS_READ)
    async def drop_filter(self, ctx: Context, row_id: str) -> None:
        """One less."""
        self.filters = without(self.filters, row_id)
        self._read_out(ctx)

    @action(Permission.METRICS_READ)
    async def put_filter(self, ctx: Context, row_id: str, word: str, value: str) -> None:
        """What was typed or chosen in a condition."""
        if word in ("field", "value") or (word == "op" and value in list(Comparison)):
            self.filters = put(self.filters, row_id, **{word: value.strip()[:500]})
            self._read_out(ctx)

    def _read_out(self, ctx: Context) -> None:
        """The sentence, as soon as what stands there is a metric."""
        try:
            self.says = sentences(ctx.locale, checked(Definition, self._definition(ctx)))
        except Invalid:
            self.says = ""

    @action(Permission.METRICS_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Create or change; the list opens."""
        if self.saving:
            return
        names = [name for name in WORDS if isinstance(form.get(name), str)]
        self.values = self.values | {name: text_of(form, name)[:LONGEST] for name in names}
        self.filters = merged(self.filters, form, "field", "op", "value")
        self.saving = True
        yield
        try:
            metric = await (self._change(ctx) if self.key else self._create(ctx))
        except Invalid as error:
            raise self._at_fields(error) from None
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "experiments.form.saved", name=metric.name))
        yield rx.redirect("/experiments/metrics")

    async def _create(self, ctx: Context) -> Metric:
        values = {name: self.values[name] for name in ("name", "key", "description")}
        draft = checked(MetricDraft, values | {"definition": self._definition(ctx)})
        async with tenant_session(ctx) as session:
            return await service.create_metric(session, ctx, draft)

    async def _change(self, ctx: Context) -> Metric:
        values = {name: self.values[name] for name in ("name", "description")}
        change = checked(MetricChange, values | {"definition": self._definition(ctx)})
        async with tenant_session(ctx) as session:
            return await service.update_metric(session, ctx, id_of(self.key), self._version, change)

    def _definition(self, ctx: Context) -> dict[str, Any]:
        """The form as the shape wants it: only what the kind has."""
        values, kind = self.values, self.values["kind"]
        parts = (EVENT, BELOW) if kind == MetricKind.RATIO else (EVENT,)
        found: dict[str, Any] = {"kind": kind, "direction": values["direction"]}
        for part in parts:
            found[part] = self._counted(part)
        if any(found[part]["value"] == Value.REVENUE for part in parts):
            found["currency"] = values["currency"].upper() or None
        if kind == MetricKind.RETENTION:
            for name in ("first_day", "last_day"):
                found[name] = int(number_of(ctx, values[name] or "0", name))
        elif values["window"]:
            hours = 24 if values["window_unit"] == "days" else 1
            found["window_hours"] = int(number_of(ctx, values["window"], "window_hours")) * hours
        if kind in (MetricKind.MEAN, MetricKind.REVENUE) and values["winsorise"]:
            found["winsorise"] = share_of(ctx, values["winsorise"], "winsorise")
        if kind == MetricKind.PERCENTILE:
            found["percentile"] = share_of(ctx, values["percentile"], "percentile") or None
        if kind == MetricKind.PERCENTILE or "winsorise" in found:
            found["ignore_zeros"] = self.ignore_zeros
        return found

    def _counted(self, part: str) -> dict[str, Any]:
        values, kind = self.values, self.values["kind"]
        value = values[f"{part}_value"] if kind in _SUMS else Value.COUNT.value
        if kind == MetricKind.REVENUE:
            value = Value.REVENUE.value
        if kind == MetricKind.MEAN and value == Value.REVENUE:
            value = Value.COUNT.value
        return {
            "type": values[f"{part}_type"],
            "name": values[f"{part}_name"] or None,
            "value": value,
            "property": (values[f"{part}_property"] or None) if value == Value.PROPERTY else None,
            "filters": [_filter(row) for row in self.filters if row.owner == part],
        }

    def _at_fields(self, error: Invalid) -> Invalid:
        """The problems at the form's own fields."""
        plain = Invalid([FieldProblem(p.field.removeprefix("definition."), p.code, p.params) for p in error.problems])
        own = {part: [row for row in self.filters if row.owner == part] for part in (EVENT, BELOW)}
        names = {part: f"{part}_{_BAD.get(error.problems[0].code, 'name')}" for part in (EVENT, BELOW)}
        words = ("name", "property", "value")
        names |= {f"{part}.{word}": f"{part}_{word}" for part in (EVENT, BELOW) for word in words}
        return at_rows(plain, {f"{part}.filters": own[part] for part in own}, names)


async def _currency(ctx: Context) -> str:
    async with tenant_session(ctx) as session:
        return (await tenancy.get_current(session, ctx)).currency


_BAD = {"metric_property": "property"}


def _row(part: str, one: EventFilter) -> FilterRow:
    value = ", ".join(one.value) if isinstance(one.value, list) else one.value
    return FilterRow(id=fresh(), owner=part, field=one.field, op=one.op.value, value=value)


def _filter(row: FilterRow) -> dict[str, Any]:
    many = [word.strip() for word in row.value.split(",") if word.strip()]
    return {"field": row.field, "op": row.op, "value": many if row.op == Comparison.IN else row.value}
