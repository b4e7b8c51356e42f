"""Experiments over HTTP: their life, their plan, who wins."""

from typing import Annotated
from uuid import UUID

from fastapi import Body, Path, Query

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..plan_schemas import PlanAnswer, PlanQuestion
from ..schemas import (
    DecisionDraft,
    Experiment,
    ExperimentChange,
    ExperimentDraft,
    PlanVersions,
    Readiness,
    StartDraft,
    StopDraft,
    Winner,
)
from ..vocabulary import ExperimentAction

experiments = Router(prefix="/api/v1/experiments", tags=["Experiments"])

ExperimentId = Annotated[UUID, Path(description="The experiment's id.")]
Query_ = Annotated[ListQuery, list_query(service.EXPERIMENTS, "total")]
_IDEA = {"name": "Shorter form", "hypothesis": "Fewer fields, more orders.", "coverage": 0.5}
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]


@experiments.get("", permission=Permission.EXPERIMENTS_READ, summary="List experiments")
async def list_experiments(ctx: Caller, session: Session, query: Query_, total: Total = False) -> Page[Experiment]:
    """A page of experiments, newest first; archived ones only with a filter on `state`."""
    return Page.of(await service.list_experiments(session, ctx, query, count=total))


@experiments.post("", permission=Permission.EXPERIMENTS_CREATE, status_code=201, summary="Create an experiment")
async def create_experiment(ctx: Caller, session: Session, draft: ExperimentDraft) -> Experiment:
    """A draft, with a flag of the same key that programs ask. To name a campaign takes the right to read it."""
    return await service.create_experiment(session, ctx, draft)


@experiments.post("/plan", permission=Permission.EXPERIMENTS_READ, summary="Plan a test")
async def plan_test(ctx: Caller, question: PlanQuestion) -> PlanAnswer:
    """Units of every arm, days, and the smallest effect that can be seen over the time. Nothing is stored."""
    return await service.plan_test(ctx, question)


@experiments.post("/check", permission=Permission.EXPERIMENTS_READ, summary="Check an experiment")
async def check_experiment(
    ctx: Caller, session: Session, draft: Annotated[ExperimentDraft, Body(examples=[_IDEA])]
) -> Readiness:
    """What creating it would refuse is refused here too; else what a start would still need. Nothing is stored."""
    return await service.check_experiment(session, ctx, draft)


@experiments.get("/{experiment_id}", permission=Permission.EXPERIMENTS_READ, summary="Read an experiment")
async def get_experiment(ctx: Caller, session: Session, experiment_id: ExperimentId) -> Experiment:
    """The experiment, archived or not; its `ETag` is what an update needs."""
    return await service.get_experiment(session, ctx, experiment_id)


@experiments.patch("/{experiment_id}", permission=Permission.EXPERIMENTS_UPDATE, summary="Change an experiment")
async def update_experiment(
    ctx: Caller, session: Session, experiment_id: ExperimentId, version: ExpectedVersion, change: ExperimentChange
) -> Experiment:
    """Only the given fields change. While it runs, a change of its plan makes a new version of it, which takes
    `experiments:run` too; units that saw a variant keep it."""
    return await service.update_experiment(session, ctx, experiment_id, version, change)


@experiments.post(
    "/{experiment_id}/duplicate",
    permission=Permission.EXPERIMENTS_CREATE,
    status_code=201,
    summary="Duplicate an experiment",
)
async def duplicate_experiment(ctx: Caller, session: Session, experiment_id: ExperimentId) -> Experiment:
    """A new draft with the same plan under a new name and key; its units are drawn anew."""
    return await service.duplicate_experiment(session, ctx, experiment_id)


@experiments.get(
    "/{experiment_id}/versions", permission=Permission.EXPERIMENTS_READ, summary="List the versions of the plan"
)
async def list_plan_versions(ctx: Caller, session: Session, experiment_id: ExperimentId) -> PlanVersions:
    """What was frozen at the start and at each edit since, newest first."""
    return await service.list_plan_versions(session, ctx, experiment_id)


@experiments.get("/{experiment_id}/winner", permission=Permission.EXPERIMENTS_READ, summary="Read the winner")
async def get_winner(ctx: Caller, session: Session, experiment_id: ExperimentId) -> Winner:
    """The decision, or before it what the rules advise by the results now. Below the minimum sample, or when the
    split doesn't fit the weights, there is no winner."""
    return await service.get_winner(session, ctx, experiment_id)


@experiments.post("/{experiment_id}/decision", permission=Permission.EXPERIMENTS_RUN, summary="Decide an experiment")
async def decide_experiment(
    ctx: Caller, session: Session, experiment_id: ExperimentId, version: VersionIfGiven, draft: DecisionDraft
) -> Experiment:
    """Final: a running experiment stops, the results are frozen, the flag serves what was decided to everybody."""
    return await service.decide_experiment(session, ctx, experiment_id, draft, version)


@experiments.post(
    "/{experiment_id}/start",
    permission=service.PERMISSIONS[ExperimentAction.START],
    summary="Start an experiment",
    description="From draft. It takes a hypothesis, a primary metric, a campaign that is not archived, and room in its "
    "layer; the plan is frozen. A test from elsewhere may have begun before.",
)
async def start_experiment(
    ctx: Caller, session: Session, experiment_id: ExperimentId, version: VersionIfGiven, draft: StartDraft | None = None
) -> Experiment:
    at = draft and draft.started_at
    return await service.act_on_experiment(session, ctx, experiment_id, ExperimentAction.START, version, at=at)


@experiments.post(
    "/{experiment_id}/stop",
    permission=service.PERMISSIONS[ExperimentAction.STOP],
    summary="Stop an experiment",
    description="From running; final. Everybody gets the control. A test from elsewhere may have ended before.",
)
async def stop_experiment(
    ctx: Caller, session: Session, experiment_id: ExperimentId, version: VersionIfGiven, draft: StopDraft | None = None
) -> Experiment:
    at = draft and draft.stopped_at
    return await service.act_on_experiment(session, ctx, experiment_id, ExperimentAction.STOP, version, at=at)


def _action_route(action: ExperimentAction, summary: str, meaning: str) -> None:
    @experiments.post(
        f"/{{experiment_id}}/{action.value}",
        permission=service.PERMISSIONS[action],
        summary=summary,
        description=meaning,
        name=f"{action.value}_experiment",
    )
    async def act(ctx: Caller, session: Session, experiment_id: ExperimentId, version: VersionIfGiven) -> Experiment:
        return await service.act_on_experiment(session, ctx, experiment_id, action, version)


_action_route(ExperimentAction.PAUSE, "Pause an experiment", "While it runs: everybody gets the control for now.")
_action_route(ExperimentAction.RESUME, "Resume an experiment", "From paused.")
_action_route(
    ExperimentAction.ARCHIVE,
    "Archive an experiment",
    "A draft or a stopped one. Its flag goes with it, unless it serves a shipped variant.",
)
_action_route(ExperimentAction.RESTORE, "Restore an experiment", "It comes back as it was.")
