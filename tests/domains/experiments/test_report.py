"""EXP-12: the report as a file holds every number that is shown, frozen with the decision, and runs nothing."""

import csv
import io
from typing import Any

import pytest

from enterprise_app.core import cache
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.rules.reporting import COLUMNS, as_csv
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.service.watching import watch
from enterprise_app.domains.experiments.vocabulary import ReportFormat
from tests.domains.experiments import lives
from tests.domains.experiments.test_watching import job
from tests.domains.experiments.traffic import age, expose, forget_look
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def report(ctx: Context, experiment: Experiment, locale: str | None = None) -> list[dict[str, Any]]:
    await cache.forget_all(ctx.tenant_id)
    async with tenant_session(ctx) as session:
        made = await service.report_experiment(session, ctx, experiment.id, ReportFormat.CSV, locale)
    assert made.file_name == f"{experiment.key}.csv"
    return list(csv.DictReader(io.StringIO(str(made.content))))


def of(table: list[dict[str, Any]], section: str) -> list[dict[str, Any]]:
    return [line for line in table if line["section"] == section]


async def test_every_number_of_the_results_is_in_it():
    ctx = make_context()
    made = await lives.running(ctx)
    await expose(ctx, made, "control", 1500, 150)
    await expose(ctx, made, "green", 1500, 210)
    await watch(job(ctx))
    table = await report(ctx, made)
    async with tenant_session(ctx) as session:
        results = await service.get_results(session, ctx, made.id)
    control, green = of(table, "metric")
    shown = results.metrics[0].arms[1]
    assert shown.difference is not None
    assert shown.bounds is not None
    assert shown.belief is not None
    assert (control["variant"], control["estimate"], control["significant"]) == ("control", "", "")
    told = {
        "units": 1500, "value": 0.14, "low": shown.low, "high": shown.high, "estimate": shown.difference.estimate,
        "p_fixed": shown.difference.p, "relative_low": shown.difference.relative_low, "bounds_low": shown.bounds.low,
        "p_any_time": shown.bounds.p, "chance_to_win": shown.belief.chance_to_win, "p_adjusted": shown.p_adjusted,
    }  # fmt: skip
    assert {name: float(green[name]) for name in told} == told
    facts = {line["name"]: line["text"] for line in of(table, "experiment")}
    assert (facts["key"], facts["state"], facts["planned_units"]) == (made.key, "running", "1000")
    assert {line["variant"]: line["units"] for line in of(table, "units") if not line["day"]} == {
        "control": "1500", "green": "1500",
    }  # fmt: skip
    assert len(of(table, "look")) == 2
    assert of(table, "day")
    assert len(of(table, "summary")) == 2


async def test_its_words_are_in_the_language_that_is_asked_for():
    ctx = make_context(locale="fr")
    made = await lives.running(ctx)
    assert of(await report(ctx, made), "summary")[0]["text"].startswith("Personne n’a encore participé")
    assert of(await report(ctx, made, "ar"), "summary")[0]["text"].startswith("لم يشارك أحد")


async def test_after_the_decision_it_stays_as_it_was():
    ctx = make_context()
    made = await lives.running(ctx)
    await age(ctx, made, 20)
    await expose(ctx, made, "control", 1500, 150)
    await expose(ctx, made, "green", 1500, 330)
    await watch(job(ctx))
    before = await report(ctx, made)
    await expose(ctx, made, "green", 3000, 10, batch="late")
    assert await report(ctx, made) == before
    facts = {line["name"]: line["text"] for line in of(before, "experiment")}
    assert (facts["frozen"], facts["decision"], facts["decision_variant"]) == ("true", "ship", "green")
    assert of(before, "summary")[0]["text"].startswith("Decided by the rules: green won")


async def test_text_of_people_is_never_a_formula():
    ctx = make_context()
    made = await lives.running(ctx, '=HYPERLINK("http://x.example")', hypothesis="@SUM(A1)")
    facts = {line["name"]: line["text"] for line in of(await report(ctx, made), "experiment")}
    assert facts["name"].startswith("'=")
    assert facts["hypothesis"] == "'@SUM(A1)"


def test_negative_numbers_stay_numbers():
    [_, line] = list(csv.reader(io.StringIO(as_csv([{"section": "metric", "estimate": -0.5, "text": "-0.5"}]))))
    told = dict(zip(COLUMNS, line, strict=True))
    assert (told["estimate"], told["text"]) == ("-0.5", "'-0.5")


async def test_it_is_the_tenants_own():
    ctx = make_context()
    made = await lives.running(ctx)
    with pytest.raises(NotFound):
        await report(make_context(), made)
    await forget_look(ctx, made)
