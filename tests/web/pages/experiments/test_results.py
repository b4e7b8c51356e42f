"""EXP-12: the page of results on the real database: what it says, its views, its empty states, and deciding on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import reflex as rx

from enterprise_app.core import cache
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.core.texts import LOCALES, has_text
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.result_schemas import ExternalDraft, MetricOutcome, SeriesPoint
from enterprise_app.domains.experiments.rules.stats.effects import Note
from enterprise_app.domains.experiments.rules.stats.failures import Reason
from enterprise_app.domains.experiments.rules.stats.verdict import Ground, Outcome, Step
from enterprise_app.domains.experiments.vocabulary import (
    Correction,
    DecisionOutcome,
    Dimension,
    Direction,
    Inference,
    MetricKind,
    MetricRole,
    Monitoring,
    ReportFormat,
)
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState
from enterprise_app.web.pages.experiments.results import ResultsState
from enterprise_app.web.pages.experiments.results_deciding import DecidingState
from enterprise_app.web.pages.experiments.results_exposures import ExposuresState
from enterprise_app.web.pages.experiments.results_history import HistoryState
from enterprise_app.web.pages.experiments.results_metric import MetricDetailState, drawable_days
from enterprise_app.web.pages.experiments.results_variants import VariantsState, look_of
from tests.domains.experiments.events import START
from tests.domains.experiments.measured import ORDERED, ROUNDS, SPENT, Trial, trial
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_people import at

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.asyncio(loop_scope="session")

NAMED = [
    {"key": "green", "name": "Green", "weight": 0.5, "value": "#16a34a"},
    {"key": "control", "name": "Blue", "weight": 0.5, "is_control": True, "value": "#2563eb"},
]
CODES = {
    "role": MetricRole, "kind": MetricKind, "better": Direction, "inference": Inference, "monitoring": Monitoring,
    "correction": Correction, "outcome": Outcome, "step": Step, "ground": Ground, "failure": Reason, "note": Note,
    "dimension": Dimension, "decided": DecisionOutcome, "deciding": DecisionOutcome, "export": ReportFormat,
    "warning": ("no_units", "below_minimum", "split_mismatch", "conflicted_units", "unknown_variants",
                "moving_weights", "drift"),
}  # fmt: skip


async def ran(
    ctx: Context, control: int = 100, green: int = 130, definitions: Sequence[Any] = (ORDERED,), **settings: Any
) -> Trial:
    """1,000 units of each variant, on two days, of which so many order for 10 and 12 EUR."""
    made = await trial(ctx, definitions, settings, variants=NAMED)
    for variant, orders, price in (("control", control, "10.00"), ("green", green, "12.00")):
        units = [*made.expose(variant, 500), *made.expose(variant, 500, at=START + timedelta(days=1))]
        for unit in units[::-1][:orders]:
            made.happens(unit, "Order Completed", revenue=Decimal(price), currency="EUR", order=str(new_id()),
                         device="mobile")  # fmt: skip
    await made.store()
    await cache.forget_all(ctx.tenant_id)
    return made


async def opened(root: rx.State, key: UUID, query: str = "", cls: type[rx.State] = ResultsState) -> Any:
    return await _call(at(root, f"/experiments/{key}{query}"), cls, "load")


async def test_what_was_found_and_how_sure_it_is(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner, definitions=(ORDERED, SPENT))
    page = await opened(act_as(owner), made.experiment.id)
    assert (page.stage, page.tab, page.loading) == ("ready", "metrics", False)
    assert [(row.role, len(row.arms)) for row in page.rows] == [("Primary", 2), ("Secondary", 2)]
    blue, green = page.rows[0].arms
    assert (blue.name, blue.control, blue.value, blue.has_interval) == ("Blue", True, "10%", False)
    assert (green.value, green.change, green.absolute) == ("13%", "+30%", "+3 percentage points")
    assert (green.p, green.tone, green.status) == ("0.0355", "success", "Significantly better")
    assert 50 < green.start < green.point < green.end <= 100, "the whole interval is on the better side of zero"
    assert page.rows[1].arms[1].value == "€1.56"
    assert page.rows[1].arms[1].total == "Total €1,560.00"
    assert (page.units, page.sample, page.split, page.split_tone) == ("2,000", "100%", "As planned", "success")
    assert any("13%" in sentence for sentence in page.sentences)
    assert page.decidable


async def test_no_difference_is_never_green(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner, 100, 104)
    page = await opened(act_as(owner), made.experiment.id)
    green = page.rows[0].arms[1]
    assert (green.tone, green.status) == ("neutral", "No difference shown")
    assert green.start < 50 < green.end


async def test_the_view_of_the_url(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner, definitions=(ORDERED, SPENT))
    root = act_as(owner)
    detail = await opened(root, made.experiment.id, "?metric=m1&view=values", MetricDetailState)
    assert (detail.name, detail.view, detail.number_format, detail.currency) == ("M1", "values", "currency", "EUR")
    assert [(line["name"], len(line["values"])) for line in detail.series] == [("Blue", 2), ("Green", 2)]
    detail = await opened(root, made.experiment.id, "?metric=m0", MetricDetailState)
    assert (detail.name, detail.view, detail.number_format) == ("M0", "time", "percent")
    (line,) = detail.series
    assert line["name"] == "Green"
    assert all(low < value < high for low, value, high in zip(line["low"], line["values"], line["high"], strict=True))
    detail = await opened(root, made.experiment.id, "?metric=m0&view=segments&by=device", MetricDetailState)
    assert [(row.name, len(row.arms)) for row in detail.segments] == [("Unknown or small", 2), ("Mobile", 2)] or [
        row.name for row in detail.segments
    ] == ["Mobile", "Unknown or small"]
    detail = await opened(root, made.experiment.id, "?metric=m0&view=method", MetricDetailState)
    (told,) = detail.methods
    assert told.name == "Green"
    assert all(line.method and line.source for line in told.lines)
    detail = await opened(root, made.experiment.id, "?metric=m0&view=distribution", MetricDetailState)
    assert (detail.view, detail.spreads) == ("time", False), "a share has no distribution"
    detail = await opened(root, made.experiment.id, "?metric=m1&view=distribution", MetricDetailState)
    assert [(row.name, row.zeros) for row in detail.spread] == [("Blue", "90%"), ("Green", "87%")]
    page = await opened(root, made.experiment.id, "?tab=nonsense&metric=nothing&view=x&by=y")
    assert (page.tab, [row.chosen for row in page.rows]) == ("metrics", [True, False])


async def test_exposures_against_the_plan(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner, min_units=4000)
    root = act_as(owner)
    tab = await opened(root, made.experiment.id, "?tab=exposures", ExposuresState)
    assert [(row.name, row.units, row.expected, row.percent) for row in tab.rows] == [
        ("Blue", "1,000", "1,000", 25), ("Green", "1,000", "1,000", 25),
    ]  # fmt: skip
    assert [line["values"] for line in tab.total] == [[500, 1000], [500, 1000], [4000, 4000]]
    assert "6 days" in tab.pace
    await _call(root, ExposuresState, "leave")
    assert (tab.total, tab.rows) == ([], []), "no figures are kept for a page that is not open"


async def test_an_unplanned_split_is_said_first(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED], variants=NAMED)
    made.expose("control", 5200)
    made.expose("green", 4800)
    await made.store()
    page = await opened(act_as(owner), made.experiment.id)
    assert (page.split, page.split_tone) == ("Not as planned", "danger")
    assert page.notes[0].tone == "danger"
    assert page.verdicts[0].outcome == "Can’t be trusted"


async def test_before_there_is_anything(db: JoinedSource, owner: Context, act_as: Any) -> None:
    root = act_as(owner)
    draft = await trial(owner, [ORDERED], variants=NAMED, start=False)
    page = await opened(root, draft.experiment.id)
    assert (page.stage, page.decidable) == ("draft", False)
    looks = await opened(root, draft.experiment.id, "", VariantsState)
    assert [(card.name, card.kind, card.shown) for card in looks.cards] == [
        ("Blue", "colour", "#2563eb"), ("Green", "colour", "#16a34a"),
    ]  # fmt: skip


async def test_waiting_for_the_first_unit(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED], variants=NAMED)
    page = await opened(act_as(owner), made.experiment.id)
    assert (page.stage, page.sample) == ("waiting", "0%")
    one = await ran_one(made)
    page = await opened(act_as(owner), one.experiment.id)
    assert page.stage == "ready"
    assert page.rows[0].arms[1].failure == "Too few units"


async def ran_one(made: Trial) -> Trial:
    made.expose("control")
    await made.store()
    await cache.forget_all(made.ctx.tenant_id)
    return made


async def test_a_decision_is_taken_once_and_freezes(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner)
    root = at(act_as(owner), f"/experiments/{made.experiment.id}")
    dialog = await _call(root, DecidingState, "start")
    assert ([option.label for option in dialog.variants], dialog.short) == (["Green"], "")
    await _call(root, DecidingState, "choose", outcome="ship")
    dialog = await _call(root, DecidingState, "decide", form={"variant": "control"})
    assert (list(dialog.errors), dialog.open) == (["variant"], True)
    await _call(root, DecidingState, "decide", form={"variant": "green", "note": "Clear."})
    assert not dialog.open
    async with tenant_session(owner) as session:
        decided = (await service.get_experiment(session, owner, made.experiment.id)).decision
    assert decided
    assert (decided.outcome, decided.variant, decided.note) == ("ship", "green", "Clear.")
    page = await opened(root, made.experiment.id)
    assert (page.decided, page.note, page.decidable) == ("Decided: Green is shipped to everybody", "Clear.", False)
    await _call(root, DecidingState, "start")
    await _call(root, DecidingState, "decide", form={"variant": "green"})
    assert list(dialog.errors) == ["outcome"], "it says why at the form"


async def test_below_the_minimum_nothing_is_shipped(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner, min_units=5000)
    root = at(act_as(owner), f"/experiments/{made.experiment.id}")
    dialog = await _call(root, DecidingState, "start")
    assert "1,000" in dialog.short
    assert "5,000" in dialog.short
    await _call(root, DecidingState, "choose", outcome="ship")
    dialog = await _call(root, DecidingState, "decide", form={"variant": "green"})
    assert list(dialog.errors) == ["outcome"]
    await _call(root, DecidingState, "choose", outcome="inconclusive")
    dialog = await _call(root, DecidingState, "decide", form={"variant": "green"})
    assert not dialog.open, "no winner can be recorded at any time"


async def test_the_plan_and_results_from_elsewhere(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner)
    arms = [
        {"variant": "control", "units": 1000, "converted": 100},
        {"variant": "green", "units": 1000, "converted": 90},
    ]
    draft = ExternalDraft.model_validate(
        {"source": "Mail tool", "metrics": [{"metric_id": made.metrics[0].id, "arms": arms}]}
    )
    async with tenant_session(owner) as session:
        await service.submit_results(session, owner, made.experiment.id, draft)
    tab = await opened(act_as(owner), made.experiment.id, "?tab=history", HistoryState)
    assert [(plan.title, plan.now, plan.weights) for plan in tab.plans] == [("Version 1", True, "Green 50% · Blue 50%")]
    (elsewhere,) = tab.externals
    assert (elsewhere.source, elsewhere.rows[0].arms[1].value) == ("Mail tool", "9%")


async def test_who_may_not(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner)
    reader = replace(owner, permissions=owner.permissions - {Permission.EXPERIMENTS_RUN})
    root = at(act_as(reader), f"/experiments/{made.experiment.id}")
    dialog = await _call(root, DecidingState, "start")
    assert (dialog.open, await _messages(root)) == (False, ["error"])
    nobody = replace(owner, permissions=owner.permissions - {Permission.EXPERIMENTS_READ})
    page = await opened(act_as(nobody), made.experiment.id)
    assert (page.stage, page.rows) == ("", [])
    for key in (UUID(int=1), made.experiment.id):
        page = await opened(act_as(owner), key)
        assert bool(page.rows) is (key == made.experiment.id)


async def test_numbers_follow_the_language(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner, definitions=(ROUNDS, ORDERED))
    page = await opened(act_as(replace(owner, locale="de")), made.experiment.id)
    assert (page.rows[1].arms[1].value, page.units) == ("13\u00a0%", "2.000")


@pytest.mark.parametrize("name", CODES)
async def test_every_code_has_its_text(name: str) -> None:
    assert [code for code in CODES[name] if not has_text(f"results.{name}.{code}")] == []
    assert len(LOCALES) == 8


async def test_values_are_shown_as_what_they_are() -> None:
    assert look_of("#0a0", "x") == ("colour", "#0a0")
    assert look_of("#notacolour", "x") == ("text", "#notacolour")
    assert look_of("Buy now", "x") == ("text", "Buy now")
    assert look_of("x", "x") == ("key", "x")
    assert look_of({"columns": 3, "assets": ["a"]}, "x") == ("parameters", "")
    assert look_of({"columns": [3]}, "x")[0] == "json"
    assert look_of([3], "x") == ("json", "[\n  3\n]")
    assert look_of("red;background:url(//evil)", "x") == ("text", "red;background:url(//evil)")


async def test_days_with_hopeless_bounds_are_not_drawn() -> None:
    def drawn(*bounds: tuple[float, float] | None) -> tuple[int, bool]:
        days = [date(2026, 3, number + 1) for number in range(len(bounds))]
        series = [
            SeriesPoint(day=day, variant="green", units=1, value=0, low=b[0] if b else None, high=b[1] if b else None)
            for day, b in zip(days, bounds, strict=True)
        ]
        metric = MetricOutcome(
            metric_id=None, key="m", name="M", kind=MetricKind.MEAN, role=MetricRole.PRIMARY, direction=Direction.UP,
            arms=[], series=series,
        )  # fmt: skip
        shown, cropped = drawable_days(metric, days)
        return len(shown), cropped

    assert drawn((-9, 9), (-4, 4), (-2, 2), (-1, 1)) == (3, True)
    assert drawn(None, (-1, 1)) == (1, False), "a day without an answer is no wide one"
    assert drawn((-1, 1)) == (1, False)
    assert drawn(None, None) == (2, False)


async def test_a_split_that_is_off_colours_nothing(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await trial(owner, [ORDERED], variants=NAMED)
    for variant, units, orders in (("control", 1200, 60), ("green", 900, 200)):
        for unit in made.expose(variant, units)[:orders]:
            made.happens(unit, "Order Completed")
    await made.store()
    page = await opened(act_as(owner), made.experiment.id)
    green = page.rows[0].arms[1]
    assert (green.p, green.tone, green.status) == ("< 0.0001", "neutral", "Can’t be trusted")


async def test_signs_stay_before_their_numbers_in_arabic(db: JoinedSource, owner: Context, act_as: Any) -> None:
    made = await ran(owner)
    page = await opened(act_as(replace(owner, locale="ar")), made.experiment.id)
    green = page.rows[0].arms[1]
    assert (green.change[0], green.change[-1]) == ("\u2066", "\u2069")
    assert "+" in green.change


async def test_a_number_after_a_name_keeps_its_place_in_an_arabic_sentence(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    """Unset apart, "Blue: 10%" would be read as one piece from left to right: the number before the name."""
    made = await ran(owner, 130, 100)
    page = await opened(act_as(replace(owner, locale="ar")), made.experiment.id)
    told = " ".join(page.sentences)
    assert told.count("\u2068") == told.count("\u2069") - told.count("\u2066"), "each is closed"
    for name in ("Green", "Blue", "M0"):
        assert f"\u2068{name}\u2069" in told
        assert name not in told.replace(f"\u2068{name}\u2069", ""), "nowhere plainly"
    assert "\u2066p = " in told, "the sign stays between p and its number"
    head = await opened(act_as(replace(owner, locale="ar")), made.experiment.id, cls=ExperimentHeadState)
    assert head.hypothesis == "\u2068More.\u2069", "its full stop stays behind it"
    page = await opened(act_as(owner), made.experiment.id)
    assert "\u2068" not in " ".join(page.sentences)
