"""EXP-04, 08, 12, 14: what the results of an experiment say, against scipy and numpy on the same units."""

import math
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from scipy import stats

from enterprise_app.core import cache
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import ExperimentNotFound, MetricsMissing
from enterprise_app.domains.experiments.result_schemas import Split
from enterprise_app.domains.experiments.rules.results import watched
from tests.domains.experiments import lives
from tests.domains.experiments.events import START
from tests.domains.experiments.measured import MEDIAN, ORDERED, ROUNDS, SPENT, Trial, arm, outcome, trial
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")

THREE = [
    {"key": "control", "weight": 0.4, "is_control": True},
    {"key": "blue", "weight": 0.3},
    {"key": "green", "weight": 0.3},
]


async def converted(control: tuple[int, int], green: tuple[int, int], **settings: Any) -> Trial:
    """So many of so many units of each arm order."""
    made = await trial(make_context(), [ORDERED], settings)
    for variant, (x, n) in (("control", control), ("green", green)):
        for unit in made.expose(variant, n)[:x]:
            made.happens(unit, "Order Completed")
    return made


async def played(values: dict[str, list[Any]], *definitions: dict[str, Any], **settings: Any) -> Trial:
    """Each unit has one game with so many rounds; None: no game."""
    made = await trial(make_context(), definitions or [ROUNDS], settings)
    for variant, rounds in values.items():
        for unit, value in zip(made.expose(variant, len(rounds)), rounds, strict=True):
            if value is not None:
                made.level(unit, value)
    return made


def holm(ps: list[float | None]) -> list[float]:
    """By the definition: the smallest p times as many as are left, never falling, never above 1."""
    told = [p for p in ps if p is not None]
    assert len(told) == len(ps)
    adjusted, worst = [0.0] * len(told), 0.0
    for rank, place in enumerate(sorted(range(len(told)), key=told.__getitem__)):
        worst = max(worst, min(1.0, told[place] * (len(told) - rank)))
        adjusted[place] = worst
    return adjusted


def welch_of(variant: Any, control: Any) -> Any:
    """Welch's test."""
    return stats.ttest_ind(variant, control, equal_var=False)


async def test_a_published_example_of_two_proportions() -> None:
    made = await converted((100, 1000), (130, 1000))
    found = await made.results()
    green = arm(found)
    assert green.difference
    squared: Any = stats.chi2_contingency([[100, 900], [130, 870]], correction=False)
    assert (round(math.sqrt(squared.statistic), 4), round(green.difference.p, 5)) == (2.1027, 0.03549)
    assert green.difference.p == pytest.approx(squared.pvalue, rel=1e-9)
    assert [round(green.difference.low, 5), round(green.difference.high, 5)] == [0.00207, 0.05793]
    assert (arm(found, "control").value, green.value, green.units) == (0.1, 0.13, 1000)
    assert green.p == green.difference.p, "looked at once, at the end"
    assert (green.significant, green.confirmed) == (True, True)
    assert green.bounds is None or green.bounds.low <= green.difference.low
    assert green.belief
    assert 0.97 < green.belief.chance_to_win < 0.99, "Beta(131, 871) over Beta(101, 901)"
    assert found.split
    assert (found.split.suspicious, found.warnings, found.frozen) == (False, [], False)
    assert [(u.variant, u.units, u.expected) for u in found.units] == [("control", 1000, 1000), ("green", 1000, 1000)]


async def test_bounds_for_looking_any_time_are_wider_and_decide() -> None:
    made = await converted((100, 1000), (130, 1000), monitoring="always_valid", min_units=1000)
    green = arm(await made.results())
    assert green.bounds
    assert green.difference
    assert green.bounds.low < green.difference.low < green.difference.high < green.bounds.high
    assert green.p == green.bounds.p > green.difference.p


async def test_means_of_a_heavy_tail_are_compared_by_welch() -> None:
    dice = np.random.default_rng(4)
    values = {"control": dice.lognormal(2, 1.5, 300).round(3), "green": dice.lognormal(2.3, 1.4, 280).round(3)}
    found = await (await played({v: list(map(float, x)) for v, x in values.items()})).results()
    expected: Any = stats.ttest_ind(values["green"], values["control"], equal_var=False)
    interval = expected.confidence_interval(0.95)
    green = arm(found)
    assert green.difference
    assert green.difference.p == pytest.approx(expected.pvalue, rel=1e-6)
    assert (green.difference.low, green.difference.high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert green.value == pytest.approx(values["green"].mean())


async def test_a_ratio_is_of_sums_and_its_error_by_the_delta_method() -> None:
    ratio = ROUNDS | {"kind": "ratio", "denominator": {"name": "Level"}}
    made, dice = await trial(make_context(), [ratio]), random.Random(5)
    games: dict[str, list[tuple[float, float]]] = {"control": [], "green": []}
    for variant, own in games.items():
        for unit in made.expose(variant, 200):
            rounds = [dice.randrange(50) for _ in range(dice.randrange(4))]
            for value in rounds:
                made.level(unit, value)
            own.append((sum(rounds), len(rounds)))
    point, variance = {}, {}
    for variant, own in games.items():
        a, b = np.array(own, dtype=float).T
        point[variant] = a.sum() / b.sum()
        residual = (a - point[variant] * b) / b.mean()
        variance[variant] = residual.var(ddof=1) / len(a)
    green = arm(await made.results())
    assert green.difference
    error = math.sqrt(sum(variance.values()))
    assert green.value == pytest.approx(point["green"])
    assert green.difference.estimate == pytest.approx(point["green"] - point["control"])
    wide = (green.difference.high - green.difference.low) / 2
    assert wide == pytest.approx(1.96 * error, rel=0.01)


async def test_winsorising_cuts_all_arms_at_one_value() -> None:
    dice = random.Random(6)
    values = {v: [float(dice.randrange(100)) for _ in range(150)] for v in ("control", "green")}
    values["green"][7] = 1_000_000.0
    found = await (await played(values, ROUNDS | {"winsorise": 0.95}, ROUNDS)).results()
    cap = float(np.quantile(values["control"] + values["green"], 0.95))
    cut = {v: np.minimum(x, cap) for v, x in values.items()}
    assert outcome(found).cap == pytest.approx(cap)
    assert arm(found).value == pytest.approx(cut["green"].mean())
    green, welch = arm(found).difference, welch_of(cut["green"], cut["control"])
    assert green
    assert green.p == pytest.approx(welch.pvalue, rel=1e-6)
    assert arm(found, number=1).value == pytest.approx(np.mean(values["green"]))


async def test_cuped_is_the_regression_on_what_was_before() -> None:
    made, dice = await trial(make_context(), [ROUNDS], {"cuped": True}), np.random.default_rng(7)
    before: dict[str, list[float]] = {"control": [], "green": []}
    after: dict[str, list[float]] = {"control": [], "green": []}
    for variant in before:
        for unit in made.expose(variant, 200):
            x = round(float(dice.normal(50, 15)), 2)
            y = round(0.8 * x + float(dice.normal(5 if variant == "green" else 2, 5)), 2)
            made.level(unit, x, hours=-30)
            made.level(unit, y)
            before[variant].append(x)
            after[variant].append(y)
    found = await made.results()
    x, y = np.array(before["control"] + before["green"]), np.array(after["control"] + after["green"])
    centred = {v: (np.array(before[v]) - np.mean(before[v]), np.array(after[v]) - np.mean(after[v])) for v in before}
    theta = sum((a * b).sum() for a, b in centred.values()) / sum((a * a).sum() for a, _ in centred.values())
    adjusted = {v: np.array(after[v]) - theta * (np.array(before[v]) - x.mean()) for v in before}
    expected = stats.ttest_ind(adjusted["green"], adjusted["control"], equal_var=False)
    plain = stats.ttest_ind(after["green"], after["control"], equal_var=False).confidence_interval()
    green = arm(found)
    assert green.difference
    assert found.cuped
    assert len(y) == 400
    estimate = adjusted["green"].mean() - adjusted["control"].mean()
    assert green.difference.estimate == pytest.approx(estimate, rel=0.02)
    assert green.difference.high - green.difference.low < 0.6 * (plain.high - plain.low), "that is what it is for"
    assert green.difference.high - green.difference.low == pytest.approx(
        np.diff(expected.confidence_interval())[0], rel=0.02
    )


async def test_cuped_without_any_history_changes_nothing() -> None:
    values = {"control": [1.0, 4.0, 2.0, 8.0] * 10, "green": [2.0, 5.0, 2.0, 9.0] * 10}
    found = [arm(await (await played(values, cuped=cuped)).results()) for cuped in (True, False)]
    assert found[0].difference
    assert found[1].difference
    assert found[0].failure is None
    for name in ("estimate", "low", "high", "p"):
        assert getattr(found[0].difference, name) == pytest.approx(getattr(found[1].difference, name))


async def test_money_is_corrected_by_refunds_that_come_later() -> None:
    made = await trial(make_context(), [SPENT])
    for variant, amounts in (("control", [10, 20, 30, 0]), ("green", [15, 25, 35, 45])):
        for unit, amount in zip(made.expose(variant, 4), amounts, strict=True):
            if amount:
                made.happens(
                    unit, "Order Completed", revenue=Decimal(amount), currency="EUR", order=f"{variant}-{amount}"
                )
    first = await made.results()
    assert [a.total for a in outcome(first).arms] == ["60.0000", "120.0000"]
    assert (arm(first).value, outcome(first).currency) == (30.0, "EUR")
    server = made.expose("control", at=START + timedelta(days=90))[0]
    made.happens(server, "Order Refunded", hours=0, order="green-45")
    made.happens(server, "Order Refunded", hours=1, order="green-25", revenue=Decimal("-5.50"))
    made.units = {}
    await made.store()
    second = await made.results()
    assert arm(second).total == "69.5000", "45 given back as a whole, 25 in part: by the order, whoever says it"
    assert arm(second).value == pytest.approx((15 + 19.5 + 35 + 0) / 4)
    assert arm(second, "control").total == "60.0000"


async def test_retention_counts_who_is_due_and_came_back() -> None:
    retention = {"kind": "retention", "event": {"name": "Level"}, "first_day": 1, "last_day": 1}
    made = await trial(make_context(), [retention])
    for variant, back in (("control", 30), ("green", 45)):
        units = made.expose(variant, 100)
        for unit in units:
            made.level(unit, 1, hours=2)
        for unit in units[:back]:
            made.level(unit, 1, hours=24)
        made.level(units[-1], 1, hours=47.99)
        made.level(units[-2], 1, hours=48)
    found = await made.results()
    assert (arm(found, "control").value, arm(found).value) == (0.31, 0.46)
    assert outcome(found).series == []


async def test_secondary_metrics_are_one_family_for_holm() -> None:
    made = await trial(
        make_context(), [ORDERED, ROUNDS, ROUNDS | {"event": {"name": "Level"}}], {"correction": "holm"}, variants=THREE
    )
    dice = random.Random(8)
    for variant in ("control", "blue", "green"):
        for unit in made.expose(variant, 150):
            if dice.random() < 0.3:
                made.happens(unit, "Order Completed")
            for _ in range(dice.randrange(3)):
                made.level(unit, dice.randrange(20))
    found = await made.results()
    raw = [a.p for n in (1, 2) for a in outcome(found, n).arms[1:]]
    shown = [a.p_adjusted for n in (1, 2) for a in outcome(found, n).arms[1:]]
    assert shown == pytest.approx(holm(raw))
    primary = [a.p for a in outcome(found).arms[1:]]
    assert [a.p_adjusted for a in outcome(found).arms[1:]] == pytest.approx(holm(primary))


async def test_the_series_ends_where_the_results_are_and_days_add_up() -> None:
    made, dice = await trial(make_context(zone="Europe/Berlin"), [ROUNDS, ORDERED]), random.Random(9)
    for variant in ("control", "green"):
        for _ in range(80):
            unit = made.expose(variant, at=START + timedelta(hours=dice.randrange(100)))[0]
            made.level(unit, dice.randrange(30), hours=dice.randrange(60))
            if dice.random() < 0.5:
                made.happens(unit, "Order Completed", hours=dice.randrange(60))
    found = await made.results()
    for number in (0, 1):
        for variant in ("control", "green"):
            points = [p for p in outcome(found, number).series if p.variant == variant]
            assert [p.day for p in points] == sorted({p.day for p in points})
            assert points[-1].value == pytest.approx(arm(found, variant, number).value)
            assert points[-1].units == 80
    assert sum(e.units for e in found.exposures) == 160
    assert len({e.day for e in found.exposures}) in (5, 6), "100 hours from midnight in UTC"
    last = [p for p in outcome(found).series if p.variant == "green"][-1]
    assert last.low is not None
    assert last.high is not None
    assert last.estimate == pytest.approx((arm(found).value or 0) - (arm(found, "control").value or 0))


async def test_a_split_that_is_not_as_planned_is_said_and_blocks() -> None:
    found = await (await converted((52, 520), (70, 380))).results()
    assert found.split
    assert found.split.p == pytest.approx(stats.chisquare([520, 380]).pvalue)
    assert found.split.suspicious
    assert "split_mismatch" in {w.code for w in found.warnings}
    assert found.advice
    assert found.advice.step != "declare"


async def test_units_in_two_variants_and_strangers_are_counted_and_left_out() -> None:
    made = await converted((10, 100), (20, 100))
    for unit in made.expose("green", 7, conflicted=True):
        made.happens(unit, "Order Completed")
    for unit in made.expose("violet", 3):
        made.happens(unit, "Order Completed")
    found = await made.results()
    assert (arm(found).units, arm(found).value) == (100, 0.2)
    assert [(u.units, u.conflicted) for u in found.units] == [(100, 0), (100, 7)]
    said = {w.code: w.params for w in found.warnings}
    assert said == {"conflicted_units": {"count": 7}, "unknown_variants": {"count": 3}}


async def test_what_happened_before_the_exposure_does_not_count() -> None:
    made = await converted((3, 50), (3, 50))
    late = made.expose("green", 5, at=START + timedelta(days=3))
    for unit in late:
        made.happens(unit, "Order Completed", hours=-0.001)
    made.happens(late[0], "Order Completed", hours=0)
    assert arm(await made.results()).value == pytest.approx(4 / 55)


@pytest.mark.parametrize("values", [{}, {"control": [1.0]}, {"green": [1.0]}, {"control": [1.0], "green": [2.0]}])
async def test_too_few_units_are_said_and_never_a_number_out_of_nothing(values: dict[str, list[Any]]) -> None:
    made = await played(values, ROUNDS, MEDIAN, ORDERED)
    found = await made.results()
    assert found.warnings
    assert found.warnings[0].code == ("below_minimum" if values else "no_units")
    assert (found.advice is None) == (not values)
    for number in (0, 1):
        green = arm(found, "green", number)
        assert (green.significant, green.confirmed) == (False, False)
        assert green.failure is not None or green.difference is None
    assert "nan" not in found.model_dump_json().lower()
    assert "infinity" not in found.model_dump_json().lower()


@pytest.mark.parametrize(("control", "green"), [((50, 50), (50, 50)), ((0, 50), (0, 50)), ((0, 50), (50, 50))])
async def test_all_or_none_converted(control: tuple[int, int], green: tuple[int, int]) -> None:
    found = await (await converted(control, green)).results()
    shown = arm(found)
    assert shown.value == green[0] / green[1]
    if control == green:
        assert not shown.significant
        assert shown.p is None or shown.p > 0.9
    else:
        assert shown.significant
        assert shown.difference
        assert shown.difference.p < 1e-12
    assert "nan" not in found.model_dump_json().lower()


async def test_no_variance_at_all() -> None:
    found = await (await played({"control": [5.0] * 30, "green": [6.0] * 30})).results()
    green = arm(found)
    assert (arm(found, "control").value, green.value) == (5.0, 6.0)
    assert (green.difference, green.failure, green.significant) == (None, "no_variance", False)


async def test_percentiles_of_three_values() -> None:
    found = await (await played({"control": [1.0, 2.0, 3.0], "green": [2.0, 4.0, 9.0]}, MEDIAN)).results()
    assert arm(found).units == 3
    assert arm(found).failure or arm(found).difference
    assert not arm(found).significant
    assert "nan" not in found.model_dump_json().lower()


async def test_percentiles_are_those_of_numpy() -> None:
    dice = np.random.default_rng(10)
    values = {v: [float(x) for x in dice.exponential(20, 401).round(2)] for v in ("control", "green")}
    found = await (await played(values, MEDIAN | {"percentile": 0.9}, MEDIAN)).results()
    for number, q in ((0, 0.9), (1, 0.5)):
        for variant, own in values.items():
            assert arm(found, variant, number).value == pytest.approx(np.quantile(own, q), rel=0.02)


async def test_what_is_no_number_counts_as_no_game() -> None:
    odd = ["NaN", "Infinity", "-inf", "1e400", 1e300, True, None, {"a": 1}, [3], "12 rounds", ""]
    found = await (await played({"control": [*odd, 4.0], "green": [*odd, "6"]})).results()
    assert (arm(found, "control").value, arm(found).value) == pytest.approx((4 / 12, 6 / 12))
    assert "nan" not in found.model_dump_json().lower()


async def test_negative_revenue_counts_as_it_stands() -> None:
    made = await trial(make_context(), [SPENT])
    for variant, amounts in (("control", [10, -4, 6]), ("green", [20, -30, 1])):
        for unit, amount in zip(made.expose(variant, 3), amounts, strict=True):
            made.happens(unit, "Order Completed", revenue=Decimal(amount), currency="EUR", order=new_id().hex)
    found = await made.results()
    assert [a.total for a in outcome(found).arms] == ["12.0000", "-9.0000"]
    assert (arm(found, "control").value, arm(found).value) == (4.0, -3.0)


async def test_an_edited_metric_does_not_change_what_runs() -> None:
    made = await converted((10, 100), (20, 100))
    changed = made.metrics[0].definition.model_copy(update={"window_hours": 1})
    from enterprise_app.domains.experiments.metric_schemas import MetricChange

    async with tenant_session(made.ctx) as session:
        metric = made.metrics[0]
        change = MetricChange(definition=changed, name="Other")
        await service.update_metric(session, made.ctx, metric.id, metric.version, change)
    found = await made.results()
    assert (outcome(found).definition_version, outcome(found).name) == (1, "Other")
    assert arm(found).value == 0.2, "orders happen an hour after the exposure: outside the new window"


async def test_decided_results_are_frozen() -> None:
    made = await converted((100, 1000), (130, 1000))
    before = await made.results()
    decided = await lives.decide(made.ctx, made.experiment, "inconclusive")
    assert decided.decision
    made.happens(made.expose("green")[0], "Order Completed")
    after = await made.results()
    assert after.frozen
    assert after.metrics == before.metrics
    assert (after.units, after.split) == (before.units, before.split)


async def test_results_are_read_again_after_half_a_minute_at_most() -> None:
    made = await converted((1, 20), (2, 20))
    first = await made.results()
    for unit in made.expose("green", 20):
        made.happens(unit, "Order Completed")
    await made.store()
    async with tenant_session(made.ctx) as session:
        again = await service.get_results(session, made.ctx, made.experiment.id)
    assert again == first, "cached, and `as_of` says how old"
    assert service.results.FRESH_SECONDS <= 30
    await cache.forget_all(made.ctx.tenant_id)
    assert arm(await made.results()).units == 40


async def test_neither_others_nor_nothing() -> None:
    made = await converted((1, 2), (1, 2))
    stranger = make_context()
    async with tenant_session(stranger) as session:
        with pytest.raises(ExperimentNotFound):
            await service.get_results(session, stranger, made.experiment.id)
    bare = await lives.create(made.ctx, "Bare")
    async with tenant_session(made.ctx) as session:
        with pytest.raises(MetricsMissing):
            await service.get_results(session, made.ctx, bare.id)


async def test_a_draft_has_results_without_units() -> None:
    made = await trial(make_context(), [ORDERED], start=False)
    found = await made.results()
    assert (found.split, found.advice, found.started_at) == (None, None, None)
    assert [a.units for a in outcome(found).arms] == [0, 0]


def test_a_split_is_watched_by_two_tests() -> None:
    def seen(p: float, method: str = "chi²") -> Split:
        return Split(p=p, suspicious=p < 0.001, method=method, source="")

    odd, fine = seen(1e-4), seen(0.3)
    assert watched(odd, seen(0.03), None).model_dump() == odd.model_dump() | {"any_time_p": 0.03}
    assert watched(fine, seen(0.4), 0.02).model_dump() == fine.model_dump() | {"any_time_p": 0.02}
    remembered = watched(fine, seen(0.4, "any time"), 1e-5)
    assert (remembered.p, remembered.suspicious, remembered.method) == (1e-5, True, "any time")
