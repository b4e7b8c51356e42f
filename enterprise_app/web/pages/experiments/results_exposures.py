"""Who saw which variant: units over time against the plan, and whether they are split as planned."""

from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import MetricsMissing
from enterprise_app.domains.experiments.result_schemas import Results
from enterprise_app.web.components.shapes import Shape
from enterprise_app.web.pages.experiments import results_numbers as numbers
from enterprise_app.web.pages.experiments.actions import key_in
from enterprise_app.web.pages.experiments.results_shapes import Names, names_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of

RECENT_DAYS = 7
"""Days that say how fast units come."""


class UnitRow(Shape):
    """A variant's units, expected and found."""

    id: str
    name: str
    hue: int
    units: str
    share: str
    expected: str
    weight: str
    conflicted: str
    percent: int
    progress: str


class ExposuresState(rx.State):
    """What the tab shows."""

    loading: bool = True
    labels: list[str] = []
    total: list[dict[str, Any]] = []
    daily: list[dict[str, Any]] = []
    rows: list[UnitRow] = []
    pace: str = ""
    method: str = ""
    source: str = ""

    @action(Permission.EXPERIMENTS_READ)
    async def load(self, ctx: Context) -> None:
        """Of the experiment that the URL names."""
        try:
            async with tenant_session(ctx, snapshot=True) as session:
                key = id_of(key_in(self.router.url.path))
                experiment = await service.get_experiment(session, ctx, key)
                results = await service.get_results(session, ctx, key)
        except (NotFound, MetricsMissing):
            return
        finally:
            self.loading = False
        names = names_of(experiment)
        self._draw(ctx, results, names)
        self.rows = unit_rows(ctx, results, names)
        self.pace = pace_of(ctx, results) if experiment.stopped_at is None else ""
        self.method = results.split.method if results.split else ""
        self.source = results.split.source if results.split else ""

    @action(Permission.EXPERIMENTS_READ)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    def _draw(self, ctx: Context, results: Results, names: Names) -> None:
        days = sorted({d.day for d in results.exposures})
        units = {(d.day, d.variant): d.units for d in results.exposures}
        self.labels = [numbers.day(ctx, day) for day in days]
        self.total, self.daily = [], []
        for number, (key, name) in enumerate(names.items()):
            new = [units.get((day, key), 0) for day in days]
            line = {"name": name, "hue": number % 6 + 1}
            self.daily.append({**line, "values": new})
            self.total.append({**line, "kind": "line", "values": [sum(new[: n + 1]) for n in range(len(new))]})
        plan = translate(ctx.locale, "results.exposures.plan")
        dashed = {"name": plan, "dash": True, "kind": "line", "values": [results.planned_units] * len(days)}
        self.total = [*self.total, dashed] if days else []


def unit_rows(ctx: Context, results: Results, names: Names) -> list[UnitRow]:
    """Control first."""
    counted = {u.variant: u for u in results.units}
    total = sum(u.units for u in results.units) or 1
    weights = sum(u.weight for u in results.units) or 1
    rows = []
    for number, (key, name) in enumerate(names.items()):
        if (u := counted.get(key)) is None:
            continue
        planned = max(1, results.planned_units)
        text = translate(ctx.locale, "results.planned", units=numbers.count(ctx, u.units),
                         planned=numbers.count(ctx, planned))  # fmt: skip
        rows.append(
            UnitRow(
                id=key, name=name, hue=number % 6 + 1, units=numbers.count(ctx, u.units),
                share=numbers.percent(ctx, u.units / total), expected=numbers.count(ctx, u.expected),
                weight=numbers.percent(ctx, u.weight / weights), conflicted=numbers.count(ctx, u.conflicted),
                percent=min(100, u.units * 100 // planned), progress=text,
            )
        )  # fmt: skip
    return rows


def pace_of(ctx: Context, results: Results) -> str:
    """When the smallest variant has its planned units, at the pace of the last days; "" when it has them."""
    counts = {u.variant: u.units for u in results.units if u.weight > 0}
    if not counts:
        return ""
    smallest = min(counts, key=lambda key: counts[key])
    missing = results.planned_units - counts[smallest]
    days = sorted({d.day for d in results.exposures})[-RECENT_DAYS:]
    recent = sum(d.units for d in results.exposures if d.variant == smallest and d.day in days)
    if missing <= 0 or not recent:
        return ""
    left = -(-missing * len(days) // recent)
    return translate(ctx.locale, "results.exposures.pace", days=numbers.count(ctx, left))
