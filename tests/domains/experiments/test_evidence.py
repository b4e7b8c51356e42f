"""EXP-12: what a decision freezes beside its results: every dimension's segments, every metric's distribution."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from enterprise_app.core import cache
from enterprise_app.core.context import Context, job_context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.jobs import run_freeze
from enterprise_app.domains.experiments.result_schemas import Distribution, SegmentResults
from enterprise_app.domains.experiments.service import freezing
from enterprise_app.domains.experiments.vocabulary import Dimension, ReportFormat
from tests.domains.experiments import lives
from tests.domains.experiments.events import START, write
from tests.domains.experiments.measured import ORDERED, ROUNDS, Trial, trial
from tests.domains.experiments.recount import Seen
from tests.domains.experiments.test_report_pages import read
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def played() -> Trial:
    """Ten units of each variant on two devices; the greens on phones play 2 or 4 rounds, all others 0 or 2."""
    made = await trial(make_context(), [ORDERED, ROUNDS])
    for variant in ("control", "green"):
        for device in ("mobile", "desktop"):
            for number, unit in enumerate(made.expose(variant, 10)):
                made.happens(unit, "Seen", hours=-0.1, device=device)
                made.level(unit, (2, 4)[number % 2] if (variant, device) == ("green", "mobile") else (0, 2)[number % 2])
    await made.store()
    return made


async def shown(made: Trial) -> tuple[SegmentResults, Distribution]:
    await cache.forget_all(made.ctx.tenant_id)
    async with tenant_session(made.ctx) as session:
        segments = await service.get_segments(session, made.ctx, made.experiment.id, Dimension.DEVICE)
        spread = await service.get_distribution(session, made.ctx, made.experiment.id, made.metrics[1].id)
    return segments, spread


async def table(made: Trial, section: str) -> list[dict[str, Any]]:
    async with tenant_session(made.ctx) as session:
        report = await service.report_experiment(session, made.ctx, made.experiment.id, ReportFormat.CSV)
    lines = csv.DictReader(io.StringIO(str(report.content)))
    return [line for line in lines if line["section"] == section]


def means(found: SegmentResults) -> dict[tuple[str | None, str], float | None]:
    return {(row.segment, arm.variant): arm.value for row in found.metrics[1].rows for arm in row.arms}


async def late(made: Trial) -> None:
    """More events of the units that there are, from before the stop; and more units."""
    units = await lives.column(made.ctx, "SELECT unit FROM experiment_exposures")
    more = [Seen(START + timedelta(hours=2), unit, name="Level", properties={"rounds": 50}) for unit in units]
    await write(made.ctx, made.experiment.id, {}, more)
    for unit in made.expose("green", 30):
        made.level(unit, 9)
    await made.store()


async def test_what_happens_after_the_decision_changes_no_segment_and_no_distribution() -> None:
    made = await played()
    live_segments, live_spread = await shown(made)
    assert (live_segments.frozen, live_spread.frozen) == (False, False)
    assert await table(made, "segment") == [], "a report of a running one has what the looks have"
    await lives.decide(made.ctx, made.experiment, "inconclusive")
    segments, spread = await shown(made)
    assert (segments.frozen, spread.frozen) == (True, True)
    assert means(segments) == {
        ("mobile", "control"): 1, ("mobile", "green"): 3, ("desktop", "control"): 1, ("desktop", "green"): 1,
    }  # fmt: skip
    assert [(arm.units, arm.mean) for arm in spread.arms] == [(20, 1), (20, 2)]
    report = await table(made, "segment"), await table(made, "bin")
    await late(made)
    assert await shown(made) == (segments, spread)
    assert (await table(made, "segment"), await table(made, "bin")) == report
    for dimension in Dimension:
        async with tenant_session(made.ctx) as session:
            assert (await service.get_segments(session, made.ctx, made.experiment.id, dimension)).frozen, dimension


async def test_the_report_holds_what_was_frozen() -> None:
    made = await played()
    await lives.decide(made.ctx, made.experiment, "inconclusive")
    told = [s for s in await table(made, "segment") if (s["dimension"], s["metric"]) == ("device", "m1")]
    green = next(s for s in told if (s["segment"], s["variant"]) == ("mobile", "green"))
    assert (green["units"], float(green["value"]), float(green["estimate"])) == ("10", 3, pytest.approx(2))
    counted: dict[str, int] = {}
    for line in await table(made, "bin"):
        counted[line["variant"]] = counted.get(line["variant"], 0) + int(line["units"])
    assert counted == {"control": 20, "green": 20}, "every unit is in one bin"


async def test_of_a_large_experiment_a_job_freezes_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freezing, "AT_ONCE", 39)
    made = await played()
    decided = await lives.decide(made.ctx, made.experiment, "inconclusive")
    assert decided.decision
    segments, spread = await shown(made)
    assert (segments.frozen, spread.frozen) == (False, False), "as measured now, and said so"
    asked = "SELECT arguments->>'experiment_id' FROM job_runs WHERE name = 'experiments.freeze'"
    assert await lives.column(made.ctx, asked) == [str(made.experiment.id)]
    whole = len(Dimension) + 1
    assert await interrupted(made.ctx, made, after=2, monkeypatch=monkeypatch) == 2
    assert await run_freeze(str(made.ctx.tenant_id), experiment_id=str(made.experiment.id)) == whole - 2
    assert [m.frozen for m in await shown(made)] == [True, True]
    assert await run_freeze(str(made.ctx.tenant_id), experiment_id=str(made.experiment.id)) == 0
    await late(made)
    assert means((await shown(made))[0])[("mobile", "green")] == 3


async def interrupted(ctx: Context, made: Trial, *, after: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Freeze until so many pieces are there, and then no more; how many are there."""
    keep, done = freezing._freeze, []

    async def until(*told: Any) -> None:
        if len(done) == after:
            raise KeyboardInterrupt
        await keep(*told)
        done.append(told)

    with monkeypatch.context() as patched:
        patched.setattr(freezing, "_freeze", until)
        with pytest.raises(KeyboardInterrupt):
            await freezing.freeze(job_context(ctx.tenant_id, "test"), made.experiment.id)
    return len(await lives.column(ctx, "SELECT about FROM experiment_evidence"))


async def test_nothing_is_frozen_before_a_decision() -> None:
    made = await played()
    assert await run_freeze(str(made.ctx.tenant_id), experiment_id=str(made.experiment.id)) == 0
    assert await lives.column(made.ctx, "SELECT about FROM experiment_evidence") == []


@pytest.mark.parametrize("locale", ["en", "ar"])
async def test_the_pages_tell_the_primary_metric_by_frozen_segments(locale: str) -> None:
    made = await trial(make_context(), [ROUNDS])
    for variant in ("control", "green"):
        for device, rounds in (("mobile", 2), ("desktop", 4)):
            for number, unit in enumerate(made.expose(variant, 30)):
                made.happens(unit, "Seen", hours=-0.1, device=device)
                made.level(unit, rounds + number % 3 + (variant == "green"))
    await made.store()
    before = await pages(made, locale)
    title = translate(locale, "results.view.segments")
    assert title not in before
    await lives.decide(made.ctx, made.experiment, "inconclusive")
    after = await pages(made, locale)
    assert title in after
    for word in ("mobile", "desktop"):
        assert translate(locale, f"explorer.device.{word}") in after
    assert "33.3%" in after.replace("%33.3", "33.3%"), "4 against 3 on phones"
    assert "33.3" not in before
    await late(made)
    assert await pages(made, locale) == after


async def pages(made: Trial, locale: str) -> str:
    async with tenant_session(made.ctx) as session:
        report = await service.report_experiment(session, made.ctx, made.experiment.id, ReportFormat.PDF, locale)
    return read(await report.file())
