"""Analyses an experiment from the events as they are now. Parts of use cases: nobody's right is checked here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context

from ..errors import MetricsMissing
from ..models import ExperimentRow
from ..queries import accumulating, analysis, keeping, looks, metrics, results
from ..result_schemas import DayUnits, Remark, Results, SegmentResults, UnitCount
from ..rules import results as rules
from ..rules.aggregating import aggregate
from ..rules.keeping import Question as Counting
from ..rules.metrics import WITHOUT_SERIES
from ..rules.results import Arm, Input, Question
from ..rules.stats.failures import Reason, Unanswerable
from ..rules.watching import once
from ..schemas import ExperimentSettings, MetricUse, Variant
from ..vocabulary import Allocation, Dimension, MetricRole, Monitoring, Origin

_ORDER = list(MetricRole)


async def measure(session: AsyncSession, ctx: Context, row: ExperimentRow, *, as_of: datetime | None = None) -> Results:
    """Everything but segments: for pages and, frozen, for decisions."""
    work = await Work.begin(session, ctx, row, as_of or now())
    sums = await analysis.measure(session, work.scope, work.measured) if work.scope else {}
    inputs = [
        work.input(number, {v: arms[number] for (v, _), arms in sums.items()}) for number in range(len(work.uses))
    ]
    inputs = await _with_days(session, ctx, work, inputs)
    return _results(row, work, inputs)


async def primary(session: AsyncSession, ctx: Context, row: ExperimentRow, as_of: datetime) -> Input | None:
    """The sums of the primary metric by themselves, for weights that follow them; None without one or without units."""
    work = await Work.begin(session, ctx, row, as_of)
    number = next((n for n, (use, _) in enumerate(work.uses) if use.role is MetricRole.PRIMARY), None)
    if number is None or work.scope is None:
        return None
    sums = await analysis.measure(session, work.scope, [work.measured[number]])
    return work.input(number, {variant: arms[0] for (variant, _), arms in sums.items()})


async def measure_segments(
    session: AsyncSession, ctx: Context, row: ExperimentRow, dimension: Dimension
) -> SegmentResults:
    """By one dimension; a pass of its own."""
    work = await Work.begin(session, ctx, row, now())
    sums = await analysis.measure(session, work.scope, work.measured, dimension) if work.scope else {}
    found = []
    for number in range(len(work.uses)):
        segments: dict[str | None, dict[str, Arm]] = defaultdict(dict)
        for (variant, segment), arms in sums.items():
            segments[segment][variant] = _arm(work.measured[number], arms[number])
        size = {name: -sum(arm.units for arm in arms.values()) for name, arms in segments.items()}
        ordered = {name: segments[name] for name in sorted(segments, key=lambda n: (n is None, size[n], n or ""))}
        found.append(rules.segmented(work.question, work.input(number, {}), ordered))
    return SegmentResults(
        experiment_id=row.id, dimension=dimension, as_of=work.as_of, correction=work.question.settings.correction,
        metrics=found,
    )  # fmt: skip


def question_of(row: ExperimentRow) -> Question:
    """Its arms and how they are judged."""
    variants = [Variant.model_validate(v) for v in row.variants]
    return Question(variants, ExperimentSettings.model_validate(row.settings))


async def uses_of(
    session: AsyncSession, row: ExperimentRow
) -> list[tuple[MetricUse, tuple[str, str, int, metrics.Definition]]]:
    """Its metrics, primary first, with the definitions in force when its plan was frozen."""
    uses = sorted((MetricUse.model_validate(m) for m in row.metrics), key=lambda use: _ORDER.index(use.role))
    at = await results.frozen_at(session, row)
    known = await metrics.in_force(session, [use.metric_id for use in uses], at)
    return [(use, known[use.metric_id]) for use in uses if use.metric_id in known]


class Work:
    """What one analysis needs to know before it reads events."""

    def __init__(
        self, row: ExperimentRow, as_of: datetime,
        uses: list[tuple[MetricUse, tuple[str, str, int, metrics.Definition]]], exposed: list[analysis.Exposed],
        past: looks.Past,
    ) -> None:  # fmt: skip
        self.past = past
        self.question, self.as_of, self.uses, self.exposed = question_of(row), as_of, uses, exposed
        cuped = self.question.settings.cuped
        self.measured = [analysis.Measured.of(definition, cuped=cuped) for _, (_, _, _, definition) in uses]
        self.kept = Counting.of([definition for _, (_, _, _, definition) in uses], cuped=cuped)
        counted = [e for e in exposed if not e.conflicted]
        self.scope = None
        if counted:
            first, last = min(e.first_at for e in counted), max(e.last_at for e in counted)
            self.scope = accumulating.Scope(row.tenant_id, row.id, first, last, as_of, row.stopped_at)

    @classmethod
    async def begin(cls, session: AsyncSession, ctx: Context, row: ExperimentRow, as_of: datetime) -> "Work":
        """Who was exposed, and by which metrics they are measured. Raises MetricsMissing, for an experiment without."""
        uses = await uses_of(session, row)
        if not uses:
            raise MetricsMissing
        await accumulating.tune(session)
        exposed = await analysis.exposures(session, row.tenant_id, row.id, ctx.zone, as_of, row.stopped_at)
        work = cls(row, as_of, uses, exposed, await looks.past(session, row, as_of))
        if work.scope is not None:
            work.scope = await keeping.usable(session, work.scope, work.kept, sum(work.units().values()))
        return work

    def input(self, number: int, arms: Mapping[str, analysis.ArmSums]) -> Input:
        """The number-th metric with its arms; an arm without a unit has the reason why it has no answer."""
        use, (key, name, version, definition) = self.uses[number]
        made = {v.key: Arm(0, failure=Reason.TOO_FEW_UNITS) for v in self.question.variants}
        made |= {variant: _arm(self.measured[number], sums) for variant, sums in arms.items() if variant in made}
        cap = next((sums.cap for sums in arms.values()), None)
        earlier = self.past.looks.get(use.metric_id, {})
        return Input(use.metric_id, key, name, use.role, definition, version, made, cap, earlier=earlier)

    def units(self, *, conflicted: bool = False) -> dict[str, int]:
        """By variant."""
        found: dict[str, int] = defaultdict(int)
        for e in self.exposed:
            if e.conflicted == conflicted:
                found[e.variant] += e.units
        return dict(found)


def _arm(metric: analysis.Measured, sums: analysis.ArmSums) -> Arm:
    try:
        made = aggregate(metric.definition, sums.n, sums.sums, sums.values)
    except Unanswerable as no:
        return Arm(sums.n, failure=no.reason, total=sums.money)
    return Arm(sums.n, made, total=sums.money)


async def _with_days(session: AsyncSession, ctx: Context, work: Work, inputs: list[Input]) -> list[Input]:
    """Each metric with its sums at the end of each day."""
    chosen = [n for n, i in enumerate(inputs) if i.definition.kind not in WITHOUT_SERIES]
    if work.scope is None or not chosen:
        return inputs
    plain = [analysis.Measured.of(inputs[n].definition, cuped=False) for n in chosen]
    steps = await analysis.steps(session, work.scope, plain, [inputs[n].cap for n in chosen], ctx.zone)
    made = list(inputs)
    for n, own in zip(chosen, steps, strict=True):
        made[n] = replace(inputs[n], days=_by_day(work, plain[chosen.index(n)], own))
    return made


def _by_day(work: Work, metric: analysis.Measured, steps: Sequence[analysis.Step]) -> dict[date, dict[str, Any]]:
    """Steps added up: the aggregates of every arm at each day's end, of days on which anything changed."""
    units: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for e in work.exposed:
        if not e.conflicted:
            units[e.day][e.variant] += e.units
    grown = {(step.day, step.variant): step.sums for step in steps}
    names = ["y", "yy"] if metric.streams.denominator is None else ["y", "yy", "b", "bb", "yb"]
    totals: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(names, 0.0))
    counts: dict[str, int] = defaultdict(int)
    found: dict[date, dict[str, Any]] = {}
    for day in sorted({*units, *(day for day, _ in grown)}):
        for v in work.question.variants:
            counts[v.key] += units[day][v.key] if day in units else 0
            for name, value in grown.get((day, v.key), {}).items():
                totals[v.key][name] += value
        found[day] = {}
        for v in work.question.variants:
            try:
                found[day][v.key] = aggregate(metric.definition, counts[v.key], totals[v.key])
            except Unanswerable:
                continue  # a day that has no answer is no point of the line
    return found


def _results(row: ExperimentRow, work: Work, inputs: list[Input]) -> Results:
    question, s = work.question, work.question.settings
    units, conflicted = work.units(), work.units(conflicted=True)
    found = rules.analysed(question, inputs)
    running = row.stopped_at is None and s.monitoring is Monitoring.ALWAYS_VALID
    expected = work.past.expected
    split = rules.split(question, units, any_time=False, expected=expected)
    over_looks = rules.split(question, units, any_time=True, expected=expected) if running else None
    if split is not None and over_looks is not None:
        split = rules.watched(split, over_looks, work.past.split_p)
    moved = expected is not None or s.allocation is Allocation.BANDIT
    days = rules.running_days(row.started_at, row.stopped_at or work.as_of)
    counts = rules.unit_counts(question, units, conflicted, expected)
    return Results(
        experiment_id=row.id, plan_version=row.plan_version, origin=Origin.MEASURED, as_of=work.as_of,
        started_at=row.started_at, ended_at=row.stopped_at, control=question.control, alpha=s.alpha,
        correction=s.correction, inference=s.inference, monitoring=s.monitoring, cuped=s.cuped,
        planned_units=question.planned, units=counts, split=split,
        exposures=[DayUnits(day=e.day, variant=e.variant, units=e.units) for e in work.exposed if not e.conflicted],
        metrics=[rules.outcome(question, i, r) for i, r in zip(inputs, found, strict=True)],
        advice=once(rules.advise(question, inputs, found, split, days, moved=moved), s, work.past.advised),
        warnings=[
            *_warnings(work, counts, split is not None and split.suspicious),
            *rules.cautions(inputs, found, moved=moved),
        ],
    )  # fmt: skip


def _warnings(work: Work, units: list[UnitCount], suspicious: bool) -> list[Remark]:
    """What a reader must know, in words of `results.warning.<code>`."""
    least, total = work.question.settings.min_units, sum(u.units for u in units)
    conflicted = sum(u.conflicted for u in units)
    found = []
    if not total:
        found.append(Remark(code="no_units"))
    elif any(u.units < least for u in units if u.weight > 0):
        found.append(Remark(code="below_minimum", params={"min": least}))
    if suspicious:
        found.append(Remark(code="split_mismatch"))
    if conflicted:
        found.append(Remark(code="conflicted_units", params={"count": conflicted}))
    known = {u.variant for u in units}
    strangers = sum(e.units for e in work.exposed if e.variant not in known)
    if strangers:
        found.append(Remark(code="unknown_variants", params={"count": strangers}))
    return found
