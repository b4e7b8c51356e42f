"""The analysis of an experiment from its events, against the same sums by one hand-written statement per metric."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.analysis_data import BY_HAND, DEFINITIONS, add_more, fill, tenant
from enterprise_app.bench.api import SECRET, throwaway_database
from enterprise_app.core import cache, crypto, db, events
from enterprise_app.core.clock import now
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Feature, Limit
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Role

if TYPE_CHECKING:
    from enterprise_app.domains.experiments.result_schemas import Results

BAR = 2.0
KEPT_BAR = 0.75
"""Of the statements by hand, which read all events."""
ROUNDS = 3
CLOSE = 1e-9
Sums = dict[str, tuple[int, float]]


@benchmark("analysis")
def analysis() -> list[Row]:
    """An experiment of 1M units with 10 metrics, from events to results; against SQL written by hand."""
    return bench(1_000_000)


def bench(units: int) -> list[Row]:
    """The same with so many units."""
    crypto.configure(SECRET)
    events.register([])
    with throwaway_database() as (urls, _):
        tenant_id = tenant(urls)
        db.configure(urls)
        try:
            return asyncio.run(_measure(urls, tenant_id, units))
        finally:
            cache.configure(None)


async def _measure(urls: DatabaseUrls, tenant_id: UUID, units: int) -> list[Row]:
    entitlements = Entitlements("ENTERPRISE", frozenset(Feature), dict.fromkeys(Limit, UNLIMITED))
    ctx = Context(tenant_id, Actor(ActorKind.MEMBER), ROLE_PERMISSIONS[Role.OWNER], entitlements=entitlements)
    experiment = await _experiment(ctx)
    began = now() - timedelta(days=60)
    count = fill(urls, tenant_id, experiment, units, began)
    own, hand, same = [], [], True
    for _ in range(ROUNDS):
        spent, results = await _timed(lambda: _results(ctx, experiment))
        own.append(spent)
        spent, sums = await _timed(lambda: _by_hand(ctx, experiment, began))
        hand.append(spent)
        same = same and _same(results, sums)
    rows = _rows(units, count, min(own), min(hand), same)
    rows += await _kept(urls, ctx, experiment, units, began)
    await db.dispose()
    return rows


async def _kept(urls: DatabaseUrls, ctx: Context, experiment: UUID, units: int, began: datetime) -> list[Row]:
    """The same once sums of units are kept, with a hundredth of new units and events that nobody has counted yet."""
    from enterprise_app.domains.experiments.service import keeping

    first, _ = await _timed(lambda: keeping.keep_sums(ctx))
    count = add_more(urls, ctx.tenant_id, experiment, units, began)
    read, results = await _timed(lambda: _results(ctx, experiment))
    hand, sums = await _timed(lambda: _by_hand(ctx, experiment, began))
    follow, _ = await _timed(lambda: keeping.refresh_sums(ctx, experiment))
    again, later = await _timed(lambda: _results(ctx, experiment))
    same = _same(results, sums) and _same(later, sums)
    told = "" if same else ", NOT the same sums"
    bar, by_hand = KEPT_BAR * hand, f"by hand {hand:.2f} s"
    return [
        Row("The first pass of what is kept, by a worker", f"{first:.2f} s", "", None, True),
        Row(f"Results after {count:,} new events{told}", f"{read:.2f} s", f"≤ {bar:.2f} s, {by_hand}", read / bar,
            same and read <= bar),
        Row("The worker catches up with them", f"{follow:.2f} s", "", None, True),
        Row("Results after that", f"{again:.2f} s", f"≤ {bar:.2f} s", again / bar, same and again <= bar),
    ]  # fmt: skip


def _rows(units: int, count: int, own: float, hand: float, same: bool) -> list[Row]:
    what = f"Results of {units:,} units × {len(DEFINITIONS)} metrics from {count:,} events"
    told = "" if same else ", NOT the same sums"
    return [
        Row(what, f"{own:.2f} s{told}", f"≤ {BAR * hand:.2f} s", own / (BAR * hand), same and own <= BAR * hand),
        Row("The same sums, one statement by hand for each metric", f"{hand:.2f} s", "", None, same),
    ]


async def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = await work()
    return time.perf_counter() - begun, found


async def _experiment(ctx: Context) -> UUID:
    """A running one with all metrics."""
    from enterprise_app.domains.experiments import service
    from enterprise_app.domains.experiments.metric_schemas import MetricDraft
    from enterprise_app.domains.experiments.schemas import ExperimentDraft
    from enterprise_app.domains.experiments.vocabulary import ExperimentAction

    uses = []
    async with db.tenant_session(ctx) as session:
        for number, definition in enumerate(DEFINITIONS):
            draft = {"key": f"m{number}", "name": f"Metric {number}", "definition": definition}
            made = await service.create_metric(session, ctx, MetricDraft.model_validate(draft))
            uses.append({"metric_id": made.id, "role": "secondary" if number else "primary"})
        variants = [{"key": "control", "weight": 0.5, "is_control": True}, {"key": "green", "weight": 0.5}]
        plan = {"name": "Bench", "hypothesis": "It is fast.", "variants": variants, "metrics": uses}
        experiment = await service.create_experiment(session, ctx, ExperimentDraft.model_validate(plan))
        await service.act_on_experiment(session, ctx, experiment.id, ExperimentAction.START)
    return experiment.id


async def _results(ctx: Context, experiment: UUID) -> "Results":
    """As the page asks for them, with all days, and nothing cached."""
    from enterprise_app.domains.experiments import service

    await cache.forget_all(ctx.tenant_id)
    async with db.tenant_session(ctx) as session:
        return await service.get_results(session, ctx, experiment)


async def _by_hand(ctx: Context, experiment: UUID, began: Any) -> list[Sums]:
    """By variant the units and the sum of their values, of each metric."""
    import sqlalchemy as sa

    from enterprise_app.domains.experiments.queries import accumulating

    found = []
    values = {"tenant": ctx.tenant_id, "experiment": experiment, "began": began}
    async with db.tenant_session(ctx) as session:
        await accumulating.tune(session)  # the same memory, so that only the statements differ
        for statement in BY_HAND:
            rows = await session.execute(sa.text(statement), values)
            found.append({variant: (units, float(total)) for variant, units, total, *_ in rows})
    return found


def _same(results: "Results", sums: list[Sums]) -> bool:
    """Units and mean of every arm; of ratios and percentiles, whose sums are other ones, the units."""
    for metric, by_hand in zip(results.metrics, sums, strict=True):
        for arm in metric.arms:
            units, total = by_hand[arm.variant]
            if arm.units != units:
                return False
            per_unit = metric.kind not in ("ratio", "percentile")
            if per_unit and abs((arm.value or 0) - total / units) > CLOSE * max(1.0, abs(total)):
                return False
    return True
