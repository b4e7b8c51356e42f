"""The door of experiments: every use case takes `(session, ctx, …)`, checks, audits and publishes."""

from ..queries.experiments import LISTING as EXPERIMENTS
from ..queries.flags import HOLDOUTS, LAYERS
from ..queries.metrics import METRICS
from ..rules.lifecycle import allowed_actions
from .acting import PERMISSIONS, act_on_experiment
from .decisions import decide_experiment, get_winner
from .experiments import create_experiment, duplicate_experiment, update_experiment
from .layers import (
    act_on_holdout,
    act_on_layer,
    create_holdout,
    create_layer,
    get_holdout,
    get_layer,
    list_holdouts,
    list_layers,
    update_holdout,
    update_layer,
)
from .metrics import act_on_metric, create_metric, get_metric, list_metrics, update_metric
from .planning import plan_test
from .reading import get_experiment, list_experiments, list_plan_versions
from .results import get_results, get_segments, list_external_results, submit_results
from .summarising import summarise

__all__ = [
    "EXPERIMENTS",
    "HOLDOUTS",
    "LAYERS",
    "METRICS",
    "PERMISSIONS",
    "act_on_experiment",
    "act_on_holdout",
    "act_on_layer",
    "act_on_metric",
    "allowed_actions",
    "create_experiment",
    "create_holdout",
    "create_layer",
    "create_metric",
    "decide_experiment",
    "duplicate_experiment",
    "get_experiment",
    "get_holdout",
    "get_layer",
    "get_metric",
    "get_results",
    "get_segments",
    "get_winner",
    "list_experiments",
    "list_external_results",
    "list_holdouts",
    "list_layers",
    "list_metrics",
    "list_plan_versions",
    "plan_test",
    "submit_results",
    "summarise",
    "update_experiment",
    "update_holdout",
    "update_layer",
    "update_metric",
]
