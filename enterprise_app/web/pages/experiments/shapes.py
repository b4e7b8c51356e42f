"""Experiments, flags and metrics as their pages show them: every text translated, every number in the reader's form."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.service import allowed_actions
from enterprise_app.domains.experiments.vocabulary import DecisionOutcome, ExperimentState
from enterprise_app.domains.localization import service as localization

TONES = {
    ExperimentState.DRAFT: "neutral",
    ExperimentState.RUNNING: "success",
    ExperimentState.STOPPED: "info",
    ExperimentState.ARCHIVED: "neutral",
}
PAUSED = "paused"


class ExperimentLine(BaseModel):
    """One experiment in a list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    key: str
    href: str
    state: str
    state_text: str
    tone: str
    variants: str
    started: str
    updated: str
    actions: list[str]
    outcome: str = ""
    outcome_tone: str = "neutral"
    percent: int = -1
    progress: str = ""


def state_of(experiment: Experiment) -> tuple[str, str]:
    """Its state and the state's tone; a running one may be paused."""
    if experiment.state is ExperimentState.RUNNING and experiment.paused_at is not None:
        return PAUSED, "warning"
    return experiment.state.value, TONES[experiment.state]


def actions_of(experiment: Experiment) -> list[str]:
    """What can be done with it now."""
    paused = experiment.paused_at is not None
    return [action.value for action in allowed_actions(experiment.state, paused=paused)]


def line_of(ctx: Context, experiment: Experiment, *, smallest: int | None = None) -> ExperimentLine:
    """The experiment in the reader's words; `smallest` is how many units its smallest variant has."""
    state, tone = state_of(experiment)
    return ExperimentLine(
        id=str(experiment.id),
        name=experiment.name,
        key=experiment.key,
        href=f"/experiments/{experiment.id}",
        state=state,
        state_text=translate(ctx.locale, f"experiments.state.{state}"),
        tone=tone,
        variants=localization.format_number(len(experiment.variants), ctx.locale),
        started=when(ctx, experiment.started_at),
        updated=when(ctx, experiment.updated_at),
        actions=actions_of(experiment),
        **_outcome(ctx, experiment),
        **(_progress(ctx, experiment, smallest) if smallest is not None else {}),
    )


def _outcome(ctx: Context, experiment: Experiment) -> dict[str, str]:
    """What came of it, once it is over."""
    decision = experiment.decision
    if decision is None:
        waits = experiment.state is ExperimentState.STOPPED
        told = {"outcome": translate(ctx.locale, "experiments.outcome.open"), "outcome_tone": "warning"}
        return told if waits else {}
    names = {variant.key: variant.name or variant.key for variant in experiment.variants}
    name = names.get(decision.served, decision.served)
    tone = "success" if decision.outcome is DecisionOutcome.SHIP else "neutral"
    text = translate(ctx.locale, f"experiments.outcome.{decision.outcome.value}", name=name)
    return {"outcome": text, "outcome_tone": tone}


def _progress(ctx: Context, experiment: Experiment, smallest: int) -> dict[str, Any]:
    """How far the smallest variant is on the way to the units that a decision needs."""
    wanted = experiment.settings.min_units
    units, of = (localization.format_number(number, ctx.locale) for number in (smallest, wanted))
    text = translate(ctx.locale, "experiments.progress.text", units=units, wanted=of)
    return {"percent": min(100, smallest * 100 // wanted), "progress": text}


def when(ctx: Context, moment: datetime | None) -> str:
    """A time as the reader writes it, or nothing."""
    return localization.format_datetime(moment, ctx.locale, ctx.zone) if moment else ""
