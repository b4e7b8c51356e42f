"""EXP-09: the rules of a decision one by one: each changes one thing of an experiment that is won, and says what comes.

The expectations are the sentences of FEATURES.md: a winner only after the days, with enough sample, no mismatch, clean
guardrails and a significant monitored test; else people.
"""

from dataclasses import replace
from typing import Any

import pytest

from enterprise_app.domains.experiments.rules.stats.analysis import Monitoring
from enterprise_app.domains.experiments.rules.stats.failures import Reason
from enterprise_app.domains.experiments.rules.stats.verdict import (
    Circumstances,
    Decision,
    Ground,
    Guardrail,
    Outcome,
    Standing,
    Step,
    decide,
    judge,
)

WON = Circumstances(
    control_units=3000, min_units=1000, planned_units=2000, monitoring=Monitoring.ALWAYS_VALID, mismatch_p=0.4,
    days_running=14.0,
)  # fmt: skip
GREEN = Standing("green", 3000, 0.01, 0.05, True)
SAME = Standing("red", 3000, -0.02, 0.02, False)
GOOD = Guardrail("stays", -0.01, 0.03)
HARMED = Guardrail("stays", -0.05, -0.01)
DOUBTFUL = Guardrail("stays", -0.05, 0.01)
UNKNOWN = Guardrail("stays", None, None)


def guarded(*rails: Guardrail, **changes: Any) -> Standing:
    return replace(GREEN, guardrails=rails, **changes)


def told(decision: Decision) -> tuple[Step, str | None, tuple[Ground, ...]]:
    return decision.step, decision.variant, decision.grounds


def test_a_clear_winner_is_declared() -> None:
    won = (Step.DECLARE, "green", (Ground.SIGNIFICANT_GAIN, Ground.AFTER_DAYS))
    assert told(decide([GREEN], WON)) == won
    assert told(decide([SAME, GREEN], WON)) == won
    assert told(decide([guarded(GOOD)], WON)) == won
    fewer = replace(WON, control_units=1000)
    assert told(decide([replace(GREEN, units=1000)], fewer)) == won, (
        "the minimum is enough, the plan need not be reached"
    )
    less = replace(GREEN, low=-0.05, high=-0.01, higher_is_better=False)
    assert told(decide([less], WON)) == won


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({"mismatch_p": 0.0009}, (Step.REVIEW, None, (Ground.SPLIT_MISMATCH,))),
        ({"mismatch_p": 0.0011}, (Step.DECLARE, "green", (Ground.SIGNIFICANT_GAIN, Ground.AFTER_DAYS))),
        ({"mismatch_p": 0.04, "mismatch_limit": 0.05}, (Step.REVIEW, None, (Ground.SPLIT_MISMATCH,))),
        ({"days_running": 13.99}, (Step.CONTINUE, None, (Ground.BEFORE_DAYS,))),
        ({"days_running": 20.0, "auto_after_days": 21}, (Step.CONTINUE, None, (Ground.BEFORE_DAYS,))),
        ({"auto_winner": False}, (Step.REVIEW, "green", (Ground.SIGNIFICANT_GAIN, Ground.AUTOMATIC_OFF))),
        ({"control_units": 999}, (Step.CONTINUE, None, (Ground.BELOW_MINIMUM,))),
        ({"min_units": 3001}, (Step.CONTINUE, None, (Ground.BELOW_MINIMUM,))),
        (
            {"monitoring": Monitoring.FIXED, "planned_units": 3001},
            (Step.CONTINUE, None, (Ground.BEFORE_PLAN,)),
        ),
        (
            {"monitoring": Monitoring.FIXED, "planned_units": 3000},
            (Step.DECLARE, "green", (Ground.SIGNIFICANT_GAIN, Ground.AFTER_DAYS)),
        ),
    ],
)
def test_what_holds_for_all_decides_alone(around: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert told(decide([GREEN], replace(WON, **around))) == expected


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        ({"units": 999}, (Step.CONTINUE, None, (Ground.BELOW_MINIMUM,))),
        ({"significant": False}, (Step.REVIEW, None, (Ground.PLAN_REACHED, Ground.NOT_SIGNIFICANT))),
        ({"significant": False, "units": 1999}, (Step.CONTINUE, None, (Ground.NOT_SIGNIFICANT,))),
        ({"low": -0.05, "high": -0.01}, (Step.REVIEW, None, (Ground.PLAN_REACHED, Ground.NOT_SIGNIFICANT))),
        ({"higher_is_better": False}, (Step.REVIEW, None, (Ground.PLAN_REACHED, Ground.NOT_SIGNIFICANT))),
        ({"low": None, "high": None}, (Step.REVIEW, None, (Ground.NO_ANSWER,))),
        ({"failure": Reason.NO_VARIANCE}, (Step.REVIEW, None, (Ground.NO_ANSWER,))),
        ({"failure": Reason.TOO_FEW_UNITS}, (Step.REVIEW, None, (Ground.PLAN_REACHED, Ground.NOT_SIGNIFICANT))),
    ],
)
def test_what_holds_for_the_variant_decides_alone(one: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert told(decide([replace(GREEN, **one)], WON)) == expected


@pytest.mark.parametrize(
    ("rail", "expected"),
    [
        (HARMED, (Step.STOP, "green", (Ground.GUARDRAIL_HARMED,))),
        (DOUBTFUL, (Step.REVIEW, "green", (Ground.GUARDRAIL_DOUBTFUL, Ground.SIGNIFICANT_GAIN))),
        (UNKNOWN, (Step.REVIEW, "green", (Ground.GUARDRAIL_UNKNOWN, Ground.SIGNIFICANT_GAIN))),
    ],
)
def test_a_winner_has_clean_guardrails(rail: Guardrail, expected: tuple[Any, ...]) -> None:
    assert told(decide([guarded(GOOD, rail)], WON)) == expected


def test_a_harmed_guardrail_stops_at_any_moment_but_not_on_a_wrong_split() -> None:
    early = replace(WON, days_running=0.1, control_units=20)
    stop = (Step.STOP, "red", (Ground.GUARDRAIL_HARMED,))
    for one in (replace(SAME, units=20, guardrails=(HARMED,)), replace(SAME, guardrails=(HARMED,))):
        assert told(decide([GREEN, one], early)) == stop
    assert told(decide([guarded(HARMED)], replace(early, mismatch_p=1e-4))) == (
        Step.REVIEW, None, (Ground.SPLIT_MISMATCH,),
    )  # fmt: skip
    for rail in (DOUBTFUL, UNKNOWN):
        assert decide([guarded(rail)], early).step is Step.CONTINUE, "what is not sure stops nothing"


def test_two_winners_are_a_persons_choice() -> None:
    two = [GREEN, replace(GREEN, variant="red", low=0.02)]
    assert told(decide(two, WON)) == (Step.REVIEW, None, (Ground.SEVERAL_WINNERS,))
    doubtful = [GREEN, replace(GREEN, variant="red", guardrails=(DOUBTFUL,))]
    assert told(decide(doubtful, WON)) == (Step.REVIEW, None, (Ground.SEVERAL_WINNERS,))


def test_the_slowest_arm_says_whether_the_plan_is_reached() -> None:
    for arms in ([SAME, replace(SAME, units=1999)], [replace(SAME, units=1999), SAME]):
        assert told(decide(arms, WON)) == (Step.CONTINUE, None, (Ground.NOT_SIGNIFICANT,))
    assert decide([SAME, SAME], replace(WON, control_units=1999)).step is Step.CONTINUE
    assert decide([SAME, SAME], WON).step is Step.REVIEW
    assert decide([replace(SAME, units=2000)], WON).step is Step.REVIEW, "reached when it is reached"
    assert decide([SAME], replace(WON, planned_units=0, min_units=3001)).step is Step.CONTINUE, "the minimum counts too"


@pytest.mark.parametrize(
    ("rail", "harmed", "doubtful"),
    [
        (Guardrail("m", -0.03, -0.01), True, False),
        (Guardrail("m", -0.03, 0.0), False, True),
        (Guardrail("m", -0.01, 0.03), False, False),
        (Guardrail("m", -0.01, 0.01), False, False),
        (Guardrail("m", 0.01, 0.03, higher_is_better=False), True, False),
        (Guardrail("m", -0.03, -0.01, higher_is_better=False), False, False),
        (Guardrail("m", -0.03, -0.01, margin=0.02), False, False),
        (Guardrail("m", -0.04, -0.01, margin=0.02), False, True),
        (Guardrail("m", -0.04, -0.021, margin=0.02), True, False),
        (UNKNOWN, False, False),
    ],
)
def test_what_harms(rail: Guardrail, harmed: bool, doubtful: bool) -> None:
    assert (rail.harmed, rail.doubtful) == (harmed, doubtful)


@pytest.mark.parametrize(
    ("one", "around", "outcome", "grounds"),
    [
        (GREEN, {}, Outcome.WINS, (Ground.SIGNIFICANT_GAIN,)),
        (guarded(GOOD), {}, Outcome.WINS, (Ground.SIGNIFICANT_GAIN,)),
        (GREEN, {"mismatch_p": 1e-4}, Outcome.UNTRUSTED, (Ground.SPLIT_MISMATCH,)),
        (GREEN, {"control_units": 999}, Outcome.NEEDS_UNITS, (Ground.BELOW_MINIMUM,)),
        (replace(GREEN, units=999), {}, Outcome.NEEDS_UNITS, (Ground.BELOW_MINIMUM,)),
        (replace(GREEN, failure=Reason.TOO_FEW_UNITS), {}, Outcome.NEEDS_UNITS, (Ground.BELOW_MINIMUM,)),
        (
            GREEN,
            {"monitoring": Monitoring.FIXED, "planned_units": 3001},
            Outcome.NEEDS_UNITS,
            (Ground.BEFORE_PLAN,),
        ),
        (replace(GREEN, low=None, high=None), {}, Outcome.UNTRUSTED, (Ground.NO_ANSWER,)),
        (replace(GREEN, low=-0.05, high=-0.01), {}, Outcome.LOSES, (Ground.SIGNIFICANT_LOSS,)),
        (SAME, {}, Outcome.INCONCLUSIVE, (Ground.NOT_SIGNIFICANT,)),
        (guarded(UNKNOWN), {}, Outcome.INCONCLUSIVE, (Ground.GUARDRAIL_UNKNOWN, Ground.SIGNIFICANT_GAIN)),
        (
            guarded(HARMED, UNKNOWN, DOUBTFUL),
            {},
            Outcome.INCONCLUSIVE,
            (Ground.GUARDRAIL_HARMED, Ground.GUARDRAIL_UNKNOWN, Ground.GUARDRAIL_DOUBTFUL, Ground.SIGNIFICANT_GAIN),
        ),
    ],
)
def test_the_verdict_on_a_variant(
    one: Standing, around: dict[str, Any], outcome: Outcome, grounds: tuple[Ground, ...]
) -> None:
    verdict = judge(one, replace(WON, **around))
    assert (verdict.outcome, verdict.grounds) == (outcome, grounds)
    assert verdict.harmed == (("stays",) if HARMED in one.guardrails else ())
