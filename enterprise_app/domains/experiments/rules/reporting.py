"""An experiment's report as one flat table: everything that is known of it, so that a spreadsheet can take it apart.

`section` says what a line tells of: experiment, summary, units, metric, day, look; of a decided experiment also segment
and bin. Numbers are written in full.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from ..result_schemas import ArmOutcome, Difference, Distribution, Look, MetricOutcome, Results, SegmentResults
from ..schemas import Experiment

COLUMNS = (
    "section", "name", "text", "metric", "role", "variant", "day", "plan_version", "units", "expected", "conflicted",
    "value", "low", "high", "total", "estimate", "estimate_low", "estimate_high", "p_fixed", "relative",
    "relative_low", "relative_high", "bounds_low", "bounds_high", "p_any_time", "fraction", "chance_to_win",
    "expected_loss", "belief_low", "belief_high", "p", "p_adjusted", "significant", "confirmed", "failure", "method",
    "source", "dimension", "segment", "heterogeneity_p", "bin_low", "bin_high",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How text begins that spreadsheets would run."""
Line = Mapping[str, Any]


def lines(
    experiment: Experiment,
    results: Results,
    looks: Sequence[Look],
    summary: Iterable[str],
    segments: Sequence[SegmentResults] = (),
    spread: Sequence[Distribution] = (),
) -> Iterator[Line]:
    """The table, the most general first; `segments` and `spread` as they were frozen."""
    yield from _facts(experiment, results)
    yield from ({"section": "summary", "text": sentence} for sentence in summary)
    yield from _units(results)
    for metric in results.metrics:
        yield from (_arm(metric, arm) for arm in metric.arms)
    for metric in results.metrics:
        yield from _days(metric)
    names = {metric.metric_id: metric for metric in results.metrics}
    yield from (_look(look, names.get(look.metric_id)) for look in looks)
    for found in segments:
        yield from _segments(found, names)
    for one in spread:
        yield from _bins(one, names.get(one.metric_id))


def as_csv(table: Iterable[Line]) -> str:
    """With a head; text of people never as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in table:
        writer.writerow([_cell(line.get(column)) for column in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case str():
            return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value
    return str(value)


def _facts(experiment: Experiment, results: Results) -> Iterator[Line]:
    decision = experiment.decision
    told = {
        "key": experiment.key, "name": experiment.name, "hypothesis": experiment.hypothesis,
        "state": experiment.state.value, "plan_version": results.plan_version, "origin": results.origin.value,
        "started_at": results.started_at, "ended_at": results.ended_at, "as_of": results.as_of,
        "frozen": results.frozen, "control": results.control, "alpha": results.alpha,
        "correction": results.correction.value, "inference": results.inference.value,
        "monitoring": results.monitoring.value, "cuped": results.cuped, "planned_units": results.planned_units,
        "split_p": results.split.p if results.split else None,
        "split_suspicious": results.split.suspicious if results.split else None,
        "split_method": results.split.method if results.split else None,
        "advice": results.advice.step if results.advice else None,
        "advice_grounds": " ".join(results.advice.grounds) if results.advice else None,
        "warnings": " ".join(remark.code for remark in results.warnings),
        "decision": decision.outcome.value if decision else None,
        "decision_variant": decision.variant if decision else None,
        "decision_automatic": decision.automatic if decision else None,
        "decided_at": decision.decided_at if decision else None,
    }  # fmt: skip
    for name, value in told.items():
        yield {"section": "experiment", "name": name, "text": value}


def _units(results: Results) -> Iterator[Line]:
    for unit in results.units:
        yield {
            "section": "units", "variant": unit.variant, "units": unit.units, "expected": unit.expected,
            "conflicted": unit.conflicted,
        }  # fmt: skip
    for seen in results.exposures:
        yield {"section": "units", "variant": seen.variant, "day": seen.day, "units": seen.units}


def _arm(metric: MetricOutcome, arm: ArmOutcome) -> Line:
    found: dict[str, Any] = {
        **_whose(metric), "section": "metric", "variant": arm.variant, "units": arm.units, "value": arm.value,
        "low": arm.low, "high": arm.high, "total": arm.total, "p": arm.p, "p_adjusted": arm.p_adjusted,
        "failure": arm.failure,
    }  # fmt: skip
    if arm.difference is not None:
        found |= {**_difference(arm.difference, arm.significant), "confirmed": arm.confirmed}
    if (b := arm.bounds) is not None:
        found |= {"bounds_low": b.low, "bounds_high": b.high, "p_any_time": b.p, "fraction": b.fraction}
    if (c := arm.belief) is not None:
        found |= {
            "chance_to_win": c.chance_to_win, "expected_loss": c.expected_loss, "belief_low": c.low,
            "belief_high": c.high,
        }  # fmt: skip
    return found


def _days(metric: MetricOutcome) -> Iterator[Line]:
    for point in metric.series:
        yield {
            **_whose(metric), "section": "day", "variant": point.variant, "day": point.day, "units": point.units,
            "value": point.value, "estimate": point.estimate, "bounds_low": point.low, "bounds_high": point.high,
        }  # fmt: skip


def _look(look: Look, metric: MetricOutcome | None) -> Line:
    whose = _whose(metric) if metric else {"metric": str(look.metric_id)}
    return {
        **whose, "section": "look", "variant": look.variant, "day": look.day, "plan_version": look.plan_version,
        "units": look.units, "value": look.value, "estimate": look.estimate, "bounds_low": look.low,
        "bounds_high": look.high, "p_any_time": look.p, "fraction": look.fraction,
    }  # fmt: skip


def _segments(found: SegmentResults, metrics: Mapping[Any, MetricOutcome]) -> Iterator[Line]:
    for metric in found.metrics:
        known = metrics.get(metric.metric_id)
        whose = _whose(known) if known else {"metric": metric.key}
        for row in metric.rows:
            for arm in row.arms:
                line: dict[str, Any] = {
                    **whose, "section": "segment", "dimension": found.dimension.value, "segment": row.segment,
                    "variant": arm.variant, "units": arm.units, "value": arm.value, "p_adjusted": arm.p_adjusted,
                    "failure": arm.failure, "heterogeneity_p": metric.heterogeneity_p.get(arm.variant),
                }  # fmt: skip
                yield line | (_difference(arm.difference, arm.significant) if arm.difference else {})


def _bins(found: Distribution, metric: MetricOutcome | None) -> Iterator[Line]:
    """Units in each bin; those whose value is 0 are in none and have a line of their own."""
    whose = {**(_whose(metric) if metric else {"metric": found.key}), "section": "bin"}
    for number, arm in enumerate(found.arms):
        yield {**whose, "variant": arm.variant, "bin_low": 0, "bin_high": 0, "units": arm.zeros}
        for one in found.bins:
            edges = {"bin_low": one.low, "bin_high": one.high}
            yield {**whose, **edges, "variant": arm.variant, "units": one.units[number]}


def _difference(told: Difference, significant: bool) -> dict[str, Any]:
    return {
        "estimate": told.estimate, "estimate_low": told.low, "estimate_high": told.high, "p_fixed": told.p,
        "relative": told.relative, "relative_low": told.relative_low, "relative_high": told.relative_high,
        "method": told.method, "source": told.source, "significant": significant,
    }  # fmt: skip


def _whose(metric: MetricOutcome) -> dict[str, Any]:
    return {"metric": metric.key, "name": metric.name, "role": metric.role.value}
