"""The watch over running experiments: every hour a look at each, stored by the day, and what the rules then do.

A guardrail that is surely harmed stops or ramps down its experiment, a winner is declared, bandit weights follow the
results; everything else goes to people. A look that fails is told, and tried again with the next one.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events, live
from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError
from enterprise_app.core.upkeep import Upkeep
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import ExperimentNotFound
from ..events import ExperimentAdvised
from ..models import ExperimentRow
from ..queries import experiments, looks
from ..result_schemas import Advice, Look, Looks, Results
from ..rules import watching as rules
from ..rules.stats.verdict import Step
from ..rules.watching import Deed, Standing
from ..schemas import DecisionDraft, ExperimentChange, ExperimentSettings
from ..vocabulary import DecisionOutcome, ExperimentAction, ExperimentState
from .acting import act_on_experiment
from .decisions import decide_experiment
from .experiments import update_experiment
from .measuring import measure, primary
from .shared import AREA, facts

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
LOOKS_MAX = 5000
AT_ONCE = 20
"""Experiments in one piece of upkeep."""


async def watch(ctx: Context) -> int:
    """Look at the tenant's running experiments whose last look is an hour old; how many there were. One transaction
    each: what goes wrong with one does not hold up the others."""
    before = now() - EVERY
    async with tenant_session(ctx) as session:
        due = (await looks.due(session, before))[:AT_ONCE]
    for experiment_id in due:
        async with tenant_session(ctx) as session:
            await look(session, ctx, experiment_id, before=before)
    return len(due)


WATCH = Upkeep("experiments.watch", looks.DUE, "experiments", watch)


async def look(session: AsyncSession, ctx: Context, experiment_id: UUID, *, before: datetime) -> None:
    """One look at one experiment, unless it was looked at since `before`, or another worker is just looking."""
    row = await experiments.find_row(session, experiment_id)
    if row is None or row.state != ExperimentState.RUNNING.value:
        return
    last = await looks.claim(session, row, before)
    if last is None:
        return
    at = now()
    try:
        async with session.begin_nested():
            results = await measure(session, ctx, row, as_of=at)
    except (AtriumError, DBAPIError) as error:
        log.warning("a look failed", exc_info=error, extra={"experiment": str(experiment_id)})
        code = error.code if isinstance(error, AtriumError) else "results_unavailable"
        await looks.set_watch(session, row.id, {"looked_at": at, "failure": code})
        return
    await looks.store(session, list(_rows(ctx, row, results, at)))
    await _follow(session, ctx, row, results, last)


def _rows(ctx: Context, row: ExperimentRow, results: Results, at: datetime) -> Iterator[Mapping[str, Any]]:
    """Every variant of every metric, as they stand today where the tenant is."""
    day = at.astimezone(ZoneInfo(ctx.zone)).date()
    for metric in results.metrics:
        for arm in metric.arms:
            seen = arm.bounds
            yield {
                "tenant_id": ctx.tenant_id, "experiment_id": row.id, "metric_id": metric.metric_id,
                "variant": arm.variant, "plan_version": row.plan_version, "day": day, "units": arm.units,
                "value": arm.value, "estimate": arm.difference.estimate if arm.difference else None,
                "low": seen.low if seen else None, "high": seen.high if seen else None, "p": seen.p if seen else None,
                "fraction": seen.fraction if seen else None, "looked_at": at,
            }  # fmt: skip


async def _follow(
    session: AsyncSession, ctx: Context, row: ExperimentRow, results: Results, last: sa.RowMapping
) -> None:
    """Act on the advice, record it, and tell of it when it is news."""
    settings = ExperimentSettings.model_validate(row.settings)
    zone = ZoneInfo(ctx.zone)
    new_day = last["looked_at"].astimezone(zone).date() < results.as_of.astimezone(zone).date()
    was = Standing(last["step"], last["variant"], tuple(last["grounds"]))
    advice, failure = results.advice, None
    deed = rules.deed(advice, settings, row.coverage, new_day=new_day)
    if deed is not None:
        failure = await _try(session, ctx, row, deed, results)
    if failure is not None and advice is not None:
        advice = advice.model_copy(update={"step": Step.REVIEW.value})
    await _record(session, ctx, row, results, advice, failure, was, last["since"])


async def _try(session: AsyncSession, ctx: Context, row: ExperimentRow, deed: Deed, results: Results) -> str | None:
    """Do it as anybody would, with every check; the code of the refusal, after which a person decides."""
    try:
        async with session.begin_nested():
            await _do(session, ctx, row, deed, results)
    except AtriumError as error:
        await session.refresh(row)  # what was undone is not known any more
        log.info("the watch was refused", extra={"deed": deed.value, "code": error.code, "experiment": str(row.id)})
        return error.code
    return None


async def _do(session: AsyncSession, ctx: Context, row: ExperimentRow, deed: Deed, results: Results) -> None:
    match deed:
        case Deed.DECIDE:
            winner = results.advice.variant if results.advice else None
            await decide_experiment(session, ctx, row.id, DecisionDraft(outcome=DecisionOutcome.SHIP, variant=winner))
        case Deed.STOP:
            await act_on_experiment(session, ctx, row.id, ExperimentAction.STOP)
        case Deed.RAMP_DOWN:
            coverage = float(rules.ramped_down(row.coverage))
            await update_experiment(session, ctx, row.id, row.version, ExperimentChange(coverage=coverage))
        case Deed.REWEIGH:
            await _reweigh(session, ctx, row, results.as_of)


async def _reweigh(session: AsyncSession, ctx: Context, row: ExperimentRow, at: datetime) -> None:
    """A new plan version with the bandit's weights; units that saw a variant keep it."""
    found = await primary(session, ctx, row, at)
    if found is None:
        return
    variants = experiments.to_experiment(row).variants
    arms = [found.arms[v.key].aggregate for v in variants]
    wanted = rules.reweighed(variants, arms, higher_is_better=found.higher_is_better)
    if wanted is not None:
        await update_experiment(session, ctx, row.id, row.version, ExperimentChange(variants=wanted))


async def _record(
    session: AsyncSession, ctx: Context, row: ExperimentRow, results: Results, advice: Advice | None,
    failure: str | None, was: Standing, since: datetime | None,
) -> None:  # fmt: skip
    is_now = rules.standing(advice)
    values = {
        "looked_at": results.as_of, "plan_version": results.plan_version, "step": is_now.step,
        "variant": is_now.variant, "grounds": list(is_now.grounds), "failure": failure,
        "since": since if was == is_now else results.as_of,
        "split_p": results.split.any_time_p if results.split else None,
    }  # fmt: skip
    await looks.set_watch(session, row.id, values)
    if rules.is_news(was, is_now):
        told = {"step": is_now.step, "grounds": is_now.grounds, "variant": is_now.variant}
        await events.publish(session, ctx, ExperimentAdvised(**facts(ctx, row), **told))
    await live.changed(session, live.topic(ctx.tenant_id, AREA, row.id))


async def get_looks(session: AsyncSession, ctx: Context, experiment_id: UUID) -> Looks:
    """What was seen day by day, and what the rules advised last. Raises ExperimentNotFound."""
    ctx.require(Permission.EXPERIMENTS_READ)
    if await experiments.find_row(session, experiment_id) is None:
        raise ExperimentNotFound
    stood = await looks.find_watch(session, experiment_id)
    items = [Look.model_validate(dict(seen)) for seen in await looks.list_looks(session, experiment_id, LOOKS_MAX)]
    told = dict(stood) if stood else {}
    return Looks(
        looked_at=told.get("looked_at"), step=told.get("step"), variant=told.get("variant"),
        grounds=told.get("grounds", []), since=told.get("since"), failure=told.get("failure"), items=items,
    )  # fmt: skip
