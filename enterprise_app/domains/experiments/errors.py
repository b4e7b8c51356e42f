"""Expected failures of experiments and flags."""

from collections.abc import Iterable

from enterprise_app.core.errors import AtriumError, Conflict, Invalid, NotFound

from .vocabulary import ExperimentAction, ExperimentState


class ExperimentNotFound(NotFound):
    """No such experiment in this tenant."""

    code = "experiment_not_found"


class FlagNotFound(NotFound):
    """No such flag in this tenant."""

    code = "flag_not_found"


class LayerNotFound(NotFound):
    """No such layer in this tenant."""

    code = "layer_not_found"


class HoldoutNotFound(NotFound):
    """No such hold-out in this tenant."""

    code = "holdout_not_found"


class ExperimentFrozen(Conflict):
    """It was started: `fields` can't be changed any more, in this state."""

    code = "experiment_frozen"


class ExperimentSettled(Conflict):
    """A decision is there, with its frozen data: nothing of the experiment moves any more but to the archive."""

    code = "experiment_decided"


class LayerFull(Conflict):
    """The layer has less room than the experiment's `layer_share` wants: `wanted` and `free` in per cent."""

    code = "layer_full"


class LayerInUse(Conflict):
    """Running experiments stand in it."""

    code = "layer_in_use"


class FlagOfExperiment(Conflict):
    """The flag belongs to an experiment: that is where its rules and variations are changed."""

    code = "flag_of_experiment"


class FlagNeeded(Conflict):
    """Other flags need it: `flags` are their keys."""

    code = "flag_needed"


class FlagArchived(Conflict):
    """An archived flag is not edited; restore it first."""

    code = "flag_archived"


class FlagNotArchived(Conflict):
    """Only an archived flag can be restored."""

    code = "flag_not_archived"


class ContextRefused(AtriumError):
    """An evaluation context that can't be taken: its `field` is no text, or longer than `max` characters."""

    code, status = "flag_context", 400


def key_taken(key: str) -> Invalid:
    """422: another one of the tenant has the key, archived ones included."""
    return Invalid.of("key", "experiment_key_taken", key=key)


def wrong_state(action: ExperimentAction | str, state: ExperimentState, allowed: Iterable[ExperimentState]) -> Conflict:
    """409: the action does not start from this state; `allowed` are those it starts from."""
    return Conflict("experiment_wrong_state", action=str(action), state=state.value, allowed=", ".join(allowed))


class ExperimentPausedAlready(Conflict):
    """It is paused."""

    code = "experiment_paused"


class ExperimentNotPaused(Conflict):
    """It runs and isn't paused: there is nothing to resume."""

    code = "experiment_not_paused"


class WinnerNeedsUnits(Conflict):
    """No winner below the minimum sample: `variant`, and `least` units that each arm must have."""

    code = "winner_needs_units"


class WinnerUntrusted(Conflict):
    """The split doesn't fit the weights, or the test has no answer: the `grounds` say which."""

    code = "winner_untrusted"


class LayerArchivedError(Conflict):
    """It is archived: restore it first."""

    code = "layer_archived"


class LayerNotArchived(Conflict):
    """It is not archived: there is nothing to restore."""

    code = "layer_not_archived"


class MetricNotFound(NotFound):
    """No such metric in this tenant."""

    code = "metric_not_found"


class MetricArchived(Conflict):
    """An archived metric is not edited; restore it first."""

    code = "metric_archived"


def metric_key_taken(key: str) -> Invalid:
    """422: another metric of the tenant has the key, archived ones included."""
    return Invalid.of("key", "metric_key_taken", key=key)


class DistributionUnfit(Conflict):
    """A metric of this `kind` has no value per unit that could be spread."""

    code = "distribution_unfit"


class MetricsMissing(Conflict):
    """Nothing can be measured: the experiment names no metric."""

    code = "experiment_without_metrics"
