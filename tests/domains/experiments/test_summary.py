"""Results in plain sentences: each claim only where the numbers bear it, figures as the language writes them."""

from typing import Any

import pytest

from enterprise_app.core.texts import LOCALES, has_text, placeholders, translate
from enterprise_app.domains.experiments.result_schemas import Remark
from enterprise_app.domains.experiments.rules.stats.aggregates import Mean
from enterprise_app.domains.experiments.rules.summary import Form, sentences
from enterprise_app.domains.experiments.service.summarising import summarise
from enterprise_app.domains.experiments.vocabulary import Inference, MetricRole, Monitoring
from tests.domains.experiments.outcomes import SPENT, metric, rates, results

CLEAR = rates(control=(5000, 500), green=(5000, 700))
SAME = rates(control=(5000, 500), green=(5000, 505))
WORSE = rates(control=(5000, 700), green=(5000, 500))
FEW = rates(control=(40, 2), green=(40, 30))


def codes(*args: Any, decision: Any = None, **settings: Any) -> list[str]:
    return [told.code for told in sentences(results(*args, **settings), decision=decision)]


def test_a_clear_winner_is_told_with_its_figures():
    told = sentences(results([metric("Sign-ups", CLEAR)]))
    assert [one.code for one in told] == ["better", "declare"]
    params = told[0].params
    assert (params["metric"], params["variant"], params["control"]) == ("Sign-ups", "green", "control")
    figures = {name: value for name, value in params.items() if not isinstance(value, str)}
    assert figures["value"].value == pytest.approx(0.14)
    assert figures["control_value"].value == pytest.approx(0.10)
    assert figures["difference"].value == pytest.approx(0.04)
    assert (figures["difference"].form, figures["value"].form) == (Form.POINTS, Form.SHARE)
    assert 0 < figures["low"].value < 0.04 < figures["high"].value


def test_the_interval_told_is_the_one_that_counts():
    always = sentences(results([metric("Sign-ups", CLEAR)]))[0].params["low"]
    fixed = sentences(results([metric("Sign-ups", CLEAR)], monitoring=Monitoring.FIXED))[0].params["low"]
    assert not isinstance(always, str)
    assert not isinstance(fixed, str)
    assert always.value < fixed.value


def test_nothing_shown_is_called_not_shown():
    assert codes([metric("Sign-ups", SAME)]) == ["not_shown", "review_plan_reached"]


def test_a_metric_that_should_fall_is_better_when_it_falls():
    assert codes([metric("Complaints", WORSE, direction="down")])[0] == "better"
    assert codes([metric("Complaints", CLEAR, direction="down")])[0] == "worse"
    assert codes([metric("Sign-ups", WORSE)])[0] == "worse"


def test_below_the_minimum_nothing_is_claimed_however_large_the_difference():
    told = sentences(results([metric("Sign-ups", FEW), metric("Opens", FEW, MetricRole.SECONDARY)]))
    assert [one.code for one in told] == ["too_few", "continue"]
    figures = {name: v.value for name, v in told[0].params.items() if not isinstance(v, str)}
    assert figures == {"units": 40, "control_units": 40, "min": 1000}


def test_below_the_minimum_nothing_is_claimed_without_a_primary_metric_either():
    assert codes([metric("Opens", FEW, MetricRole.SECONDARY)]) == []
    assert codes([metric("Opens", CLEAR, MetricRole.SECONDARY)]) == ["also_better"]


def test_a_split_that_is_not_as_planned_silences_every_claim():
    uneven = rates(control=(5200, 520), green=(4000, 800))
    assert codes([metric("Sign-ups", uneven)]) == ["mismatch"]


def test_without_units_there_is_nothing_to_compare():
    assert codes([metric("Sign-ups", CLEAR)], units={"control": 0, "green": 0}) == ["nobody"]


def test_data_without_an_answer_are_told_as_such():
    constant = {"control": Mean(3000, 3000, 3000), "green": Mean(3000, 3000, 3000)}
    assert codes([metric("Orders", constant, kind="mean")])[0] == "no_answer"


def test_an_interval_by_itself_is_no_claim_after_correction():
    arms = rates(control=(2000, 200), a=(2000, 244), b=(2000, 202), c=(2000, 198), d=(2000, 205))
    told = codes([metric("Sign-ups", arms)], monitoring=Monitoring.FIXED)
    assert told[:4] == ["not_confirmed", "not_shown", "not_shown", "not_shown"]


def test_a_belief_that_the_test_does_not_confirm_is_told_as_a_chance():
    arms = rates(control=(1500, 150), green=(1500, 180))
    assert codes([metric("Sign-ups", arms)], inference=Inference.BAYESIAN)[0] == "likely"
    assert codes([metric("Sign-ups", arms)])[0] == "not_shown"


def test_harm_to_a_guardrail_is_told_and_silence_is_no_all_clear():
    guarded = [metric("Sign-ups", CLEAR), metric("Stays", WORSE, MetricRole.GUARDRAIL)]
    assert codes(guarded) == ["better", "guardrail_harmed", "stop"]
    quiet = [metric("Sign-ups", CLEAR), metric("Stays", SAME, MetricRole.GUARDRAIL)]
    assert codes(quiet) == ["better", "guardrails_quiet", "declare"]


def test_harm_seen_too_early_by_a_fixed_test_is_a_suspicion():
    early = rates(control=(400, 200), green=(400, 100))
    guarded = [metric("Sign-ups", FEW), metric("Stays", early, MetricRole.GUARDRAIL)]
    assert "guardrail_suspect" in codes(guarded, monitoring=Monitoring.FIXED)
    assert "guardrail_harmed" in codes(guarded)


def test_secondary_metrics_only_when_shown():
    both = [metric("Sign-ups", SAME), metric("Opens", CLEAR, MetricRole.SECONDARY)]
    assert codes(both)[:2] == ["not_shown", "also_better"]
    assert "also_better" not in codes([metric("Sign-ups", SAME), metric("Opens", SAME, MetricRole.SECONDARY)])


@pytest.mark.parametrize(
    ("arms", "settings", "code"),
    [
        (CLEAR, {"days": 3}, "continue_before_days"),
        (CLEAR, {"auto_winner": False}, "review_automatic_off"),
        (rates(control=(5000, 400), a=(5000, 650), b=(5000, 640)), {}, "review_several_winners"),
        (SAME, {"min_units": 9000}, "continue"),
    ],
)
def test_what_to_do_is_told_last(arms: Any, settings: Any, code: str):
    assert codes([metric("Sign-ups", arms)], **settings)[-1] == code


def test_cautions_are_told():
    made = results([metric("Sign-ups", CLEAR)])
    remarks = [Remark(code="moving_weights"), Remark(code="drift", params={"metric": "Sign-ups", "variant": "green"})]
    told = sentences(made.model_copy(update={"warnings": remarks}), names={"green": "Green"})
    assert [one.code for one in told] == ["better", "moving_weights", "drift", "declare"]
    assert told[2].params == {"metric": "Sign-ups", "variant": "Green", "control": "control"}


def test_what_has_ended_is_advised_no_more():
    assert codes([metric("Sign-ups", CLEAR)], ended=True) == ["better"]


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        ({"outcome": "ship", "variant": "green", "automatic": True}, "decided_ship_automatic"),
        ({"outcome": "ship", "variant": "green"}, "decided_ship"),
        ({"outcome": "rollback"}, "decided_rollback"),
        ({"outcome": "inconclusive"}, "decided_inconclusive"),
    ],
)
def test_a_decision_comes_first(decision: Any, code: str):
    told = codes([metric("Sign-ups", CLEAR)], decision=decision, frozen=True)
    assert told == [code, "better"]


def test_figures_are_written_as_the_language_does():
    both = [metric("Sign-ups", CLEAR), metric("Stays", SAME, MetricRole.GUARDRAIL)]
    key, params = summarise(results(both), "de", names={"green": "Grün", "control": "Blau"})[0]
    assert key == "results.summary.better"
    assert params["variant"] == "Grün"
    assert params["value"] == "14\xa0%"
    assert params["difference"] == "4 Prozentpunkte"
    assert params["p"].startswith("< 0,0001")
    text = translate("de", key, **params)
    assert text.startswith("Sign-ups ist mit Grün besser als mit Blau: 14\xa0% gegenüber 10\xa0%")


def test_money_has_its_currency_and_what_is_small_is_not_nothing():
    spent = {"control": Mean(5000, 60.0, 9.0), "green": Mean(5000, 83.0, 9.5)}
    params = summarise(results([metric("Revenue", spent, **SPENT)]), "en")[0][1]
    assert params["value"] == "0.0166\xa0EUR"
    assert params["control_value"] == "0.012\xa0EUR"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sentence_gets_the_params_of_its_text(locale: str):
    seen = set()
    cases = [
        results(
            [metric("A", CLEAR), metric("B", WORSE, MetricRole.GUARDRAIL), metric("C", CLEAR, MetricRole.SECONDARY)]
        ),
        results(
            [metric("A", WORSE), metric("B", SAME, MetricRole.GUARDRAIL), metric("C", WORSE, MetricRole.SECONDARY)]
        ),
        results([metric("A", FEW), metric("B", FEW, MetricRole.GUARDRAIL)], monitoring=Monitoring.FIXED),
        results([metric("A", SAME)]),
        results([metric("A", rates(control=(5200, 1), green=(4000, 2)))]),
    ]
    for case in cases:
        for key, params in summarise(case, locale):
            seen.add(key)
            assert has_text(key)
            assert not placeholders(translate(locale, key, **params)), key
    assert len(seen) >= 10
