"""What the watch saw of a metric, look by look: the effect with bounds that hold over all looks, and its p value
against the boundary; when it was crossed, when the plan was reached, when it was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments.result_schemas import Look
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.vocabulary import MetricKind
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.results_shapes import Names

WITHOUT_DAYS = (MetricKind.PERCENTILE, MetricKind.RETENTION)
"""Kinds that have no line by day."""
LEAST_P = 1e-6
"""Smaller ones are drawn as this."""
_Column = tuple[date, int]
"""A day under a version of the plan: what a look is stored by."""


class LooksView(Shape):
    """Two charts over the same looks, moments to point at, and what they tell in words."""

    labels: list[str] = []
    effect: list[dict[str, Any]] = []
    value: list[dict[str, Any]] = []
    p: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []
    told: list[str] = []


@dataclass(frozen=True, slots=True)
class Seen:
    """The looks at one metric."""

    columns: list[_Column]
    by_arm: dict[tuple[_Column, str], Look]

    @classmethod
    def of(cls, looks: Sequence[Look], metric_id: UUID | None) -> "Seen":
        """In the order in which they were taken."""
        own = sorted((one for one in looks if one.metric_id == metric_id), key=lambda one: one.looked_at)
        return cls(list(dict.fromkeys(map(_column, own))), {(_column(one), one.variant): one for one in own})

    def line(self, variant: str) -> list[Look | None]:
        """One variant at every look."""
        return [self.by_arm.get((column, variant)) for column in self.columns]


def _column(look: Look) -> _Column:
    return look.day, look.plan_version


def looks_view(
    ctx: Context, experiment: Experiment, looks: Sequence[Look], metric_id: UUID | None, names: Names, planned: int
) -> LooksView:
    """Of the metric with the id; empty before its first look. `planned`: units an arm."""
    seen = Seen.of(looks, metric_id)
    if not seen.columns:
        return LooksView()
    lines = {key: seen.line(key) for key in names}
    columns, marks = _moments(ctx, experiment, seen, lines, planned)
    labels = [numbers.day(ctx, day) for day, _ in columns]
    spare = [None] * (len(columns) - len(seen.columns))
    effect, value, p = [], [], []
    for number, (key, name) in enumerate(names.items()):
        line, style = lines[key], {"name": name, "hue": number % 6 + 1, "kind": "line"}
        value.append({**style, "values": [*_each(line, "value"), *spare]})
        if any(one is not None and one.estimate is not None for one in line):
            low, high = ([*_each(line, edge), *spare] for edge in ("low", "high"))
            bounds = {"low": low, "high": high} if any(x is not None for x in low) else {}
            effect.append({**style, "values": [*_each(line, "estimate"), *spare], **bounds})
        if any(one is not None and one.p is not None for one in line):
            p.append({**style, "values": [*(None if x is None else max(x, LEAST_P) for x in _each(line, "p")), *spare]})
    if p:
        p.append(_boundary(ctx, experiment.settings.alpha, len(columns)))
    told = _told(ctx, experiment, lines, names)
    return LooksView(labels=labels, effect=effect, value=value, p=p, marks=marks, told=told)


def _each(line: Sequence[Look | None], field: str) -> list[Any]:
    return [getattr(one, field) if one else None for one in line]


def _boundary(ctx: Context, alpha: float, count: int) -> dict[str, Any]:
    name = translate(ctx.locale, "results.looks.boundary", alpha=localization.format_number(alpha, ctx.locale))
    return {"name": name, "dash": True, "kind": "line", "values": [alpha] * count}


def _moments(
    ctx: Context, experiment: Experiment, seen: Seen, lines: dict[str, list[Look | None]], planned: int
) -> tuple[list[_Column], list[dict[str, Any]]]:
    """The columns of the charts and where they point: new plans, the planned sample, the decision."""
    columns, marks = list(seen.columns), []

    def mark(at: int, key: str, **params: object) -> None:
        marks.append({"at": at, "text": translate(ctx.locale, f"results.looks.{key}", **params)})

    for at, (_, version) in enumerate(columns):
        if at and version != columns[at - 1][1]:
            mark(at, "replanned", number=localization.format_number(version, ctx.locale))
    reached = reached_at(list(lines.values()), planned)
    if reached is not None:
        mark(reached, "plan")
    if experiment.decision is not None:
        day = experiment.decision.decided_at.astimezone(ZoneInfo(ctx.zone)).date()
        if day > columns[-1][0]:
            columns.append((day, columns[-1][1]))
        mark(len(columns) - 1, "decided")
    return columns, marks


def crossed_at(line: Sequence[Look | None]) -> int | None:
    """The first look whose bounds leave zero: they hold over all looks, so it stays so under the same plan."""
    return next((n for n, one in enumerate(line) if one and _leaves_zero(one)), None)


def reached_at(lines: Sequence[Sequence[Look | None]], planned: int) -> int | None:
    """The first look at which every variant had its planned sample."""
    return next((n for n, at in enumerate(zip(*lines, strict=True)) if all(o and o.units >= planned for o in at)), None)


def _leaves_zero(look: Look) -> bool:
    return look.low is not None and look.high is not None and (look.low > 0 or look.high < 0)


def _told(ctx: Context, experiment: Experiment, lines: dict[str, list[Look | None]], names: Names) -> list[str]:
    """When each variant became significant, or that it did not."""
    found = []
    for key, name in names.items():
        held = [one for one in lines[key] if one and one.p is not None]
        if not held:
            continue
        crossed = crossed_at(lines[key])
        look = lines[key][crossed] if crossed is not None else held[-1]
        assert look is not None
        share = numbers.percent(ctx, min(look.fraction or 0, 9.99))
        code = "crossed" if crossed is not None else "not_crossed"
        at = numbers.moment(ctx, look.looked_at)
        told = translate(ctx.locale, f"results.looks.{code}", name=numbers.name(ctx, name), at=at, share=share)
        found.append(told)
    if not found and experiment.settings.monitoring.value == "fixed":
        found.append(translate(ctx.locale, "results.looks.fixed"))
    return found
