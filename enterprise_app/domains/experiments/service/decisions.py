"""Deciding an experiment: it stops, its results are frozen, its flag serves what was decided; and who wins so far."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import events
from enterprise_app.core.context import ActorKind, Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.table import take_version
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission

from ..errors import ExperimentNotFound, ExperimentSettled, wrong_state
from ..events import ExperimentDecided
from ..models import ExperimentRow
from ..queries import experiments as queries
from ..queries import results as kept
from ..result_schemas import Results
from ..rules import decisions as rules
from ..rules.stats.verdict import Step
from ..schemas import Decision, DecisionDraft, Experiment, Winner
from ..vocabulary import DecisionOutcome, ExperimentState
from . import own_flags
from .acting import stop
from .experiments import moment
from .freezing import freeze_with
from .measuring import measure
from .results import get_results
from .shared import check_writable, facts, locked, member_of, tell

DECIDABLE = (ExperimentState.RUNNING, ExperimentState.STOPPED)


async def decide_experiment(
    session: AsyncSession,
    ctx: Context,
    experiment_id: UUID,
    draft: DecisionDraft,
    expected_version: int | None = None,
) -> Experiment:
    """Record the decision with its frozen results; a running experiment stops. By a job it counts as automatic.

    Raises ExperimentNotFound, ExperimentSettled, Conflict (wrong state), VersionConflict, Invalid, and for a winner
    WinnerNeedsUnits or WinnerUntrusted.
    """
    ctx.require(Permission.EXPERIMENTS_RUN)
    check_writable(ctx, feature=False)
    row = await locked(session, experiment_id)
    _check_state(row)
    variants = queries.to_experiment(row).variants
    if found := rules.decision_problems(draft, variants):
        raise Invalid(found)
    await take_version(session, row, expected_version)
    before, at = {"state": row.state}, await moment(session, row)
    if row.state == ExperimentState.RUNNING:
        await events.publish(session, ctx, await stop(session, ctx, row, at))
    results = await _measured(session, ctx, row, draft, at)
    decision = _decision(ctx, row, draft, rules.served_by(draft, variants), at)
    row.decision = decision.model_dump(mode="json") | {"results": results.model_dump(mode="json")}
    await session.flush()
    await freeze_with(session, ctx, row, results)
    await own_flags.follow(session, ctx, row)
    variant, automatic = decision.variant, decision.automatic
    event = ExperimentDecided(**facts(ctx, row), outcome=draft.outcome, variant=variant, automatic=automatic)
    after = {"state": row.state, "outcome": draft.outcome, "variant": variant, "note": draft.note}
    await tell(session, ctx, row, event, AuditVerb.EXPERIMENT_DECIDED, before, after)
    return queries.to_experiment(row)


async def get_winner(session: AsyncSession, ctx: Context, experiment_id: UUID) -> Winner:
    """The decision; before it the advice by what is measured, or by what was submitted last of a test that ran
    elsewhere. Raises ExperimentNotFound, MetricsMissing."""
    ctx.require(Permission.EXPERIMENTS_READ)
    row = await queries.find_row(session, experiment_id)
    if row is None:
        raise ExperimentNotFound
    results = await _present(session, ctx, row)
    decision = queries.to_experiment(row).decision
    advice = results.advice if results else None
    advised = advice.variant if advice and advice.step == Step.DECLARE else None
    return Winner(
        experiment_id=row.id,
        state=ExperimentState(row.state),
        decided=decision is not None,
        decision=decision,
        variant=decision.variant if decision else advised,
        step=advice.step if advice and not decision else None,
        grounds=advice.grounds if advice else [],
        origin=results.origin if results else None,
        as_of=results.as_of if results else None,
    )


async def _present(session: AsyncSession, ctx: Context, row: ExperimentRow) -> Results | None:
    if row.started_at is not None:
        return await get_results(session, ctx, row.id)
    submitted = await kept.external(session, row.id)
    return Results.model_validate(submitted[0].results) if submitted else None


def _check_state(row: ExperimentRow) -> None:
    if row.decision is not None:
        raise ExperimentSettled
    state = ExperimentState(row.state)
    if state not in DECIDABLE:
        raise wrong_state("decide", state, DECIDABLE)


async def _measured(
    session: AsyncSession, ctx: Context, row: ExperimentRow, draft: DecisionDraft, at: datetime
) -> Results:
    """The results as they are frozen. Raises WinnerNeedsUnits, WinnerUntrusted."""
    results = await measure(session, ctx, row, as_of=at)
    if draft.outcome is DecisionOutcome.SHIP and draft.variant is not None:
        least = queries.to_experiment(row).settings.min_units
        if refusal := rules.find_refusal(results, draft.variant, least):
            raise refusal
    return results


def _decision(ctx: Context, row: ExperimentRow, draft: DecisionDraft, served: str, at: datetime) -> Decision:
    automatic = ctx.actor.kind is ActorKind.JOB
    return Decision(
        outcome=draft.outcome, variant=draft.variant, served=served, note=draft.note, automatic=automatic,
        plan_version=row.plan_version, decided_at=at, decided_by=member_of(ctx),
    )  # fmt: skip
