"""The door of experiments: every use case takes `(session, ctx, …)`, checks, audits and publishes."""

from ..queries.experiments import LISTING as EXPERIMENTS
from ..queries.flags import HOLDOUTS, LAYERS
from ..queries.flags import LISTING as FLAGS
from ..queries.metrics import METRICS
from ..rules.lifecycle import allowed_actions
from ..rules.showing import all_intervals, axis_limit, relative_interval
from .acting import PERMISSIONS, act_on_experiment
from .compiling import hear
from .decisions import decide_experiment, get_winner
from .distributing import get_distribution
from .experiments import check_experiment, create_experiment, duplicate_experiment, update_experiment
from .exposing import flush_exposures, get_exposures, list_exposures, take_views
from .flags import act_on_flag, create_flag, get_flag, list_flags, switch_flag, update_flag
from .generating import generate_variants, preview_variants
from .generations import (
    cancel_generation,
    draft_experiment,
    find_generation,
    get_generation,
    start_generation,
    variant_name,
)
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
from .pacing import admit_call
from .planning import plan_test
from .reading import get_experiment, list_experiments, list_plan_versions
from .recommending import recommend
from .reporting import report_experiment
from .results import get_results, get_segments, list_external_results, submit_results
from .serving import caller_of, evaluate_flag, evaluate_flags
from .summarising import summarise
from .watching import get_looks

__all__ = [
    "EXPERIMENTS",
    "FLAGS",
    "HOLDOUTS",
    "LAYERS",
    "METRICS",
    "PERMISSIONS",
    "act_on_experiment",
    "act_on_flag",
    "act_on_holdout",
    "act_on_layer",
    "act_on_metric",
    "admit_call",
    "all_intervals",
    "allowed_actions",
    "axis_limit",
    "caller_of",
    "cancel_generation",
    "check_experiment",
    "create_experiment",
    "create_flag",
    "create_holdout",
    "create_layer",
    "create_metric",
    "decide_experiment",
    "draft_experiment",
    "duplicate_experiment",
    "evaluate_flag",
    "evaluate_flags",
    "find_generation",
    "flush_exposures",
    "generate_variants",
    "get_distribution",
    "get_experiment",
    "get_exposures",
    "get_flag",
    "get_generation",
    "get_holdout",
    "get_layer",
    "get_looks",
    "get_metric",
    "get_results",
    "get_segments",
    "get_winner",
    "hear",
    "list_experiments",
    "list_exposures",
    "list_external_results",
    "list_flags",
    "list_holdouts",
    "list_layers",
    "list_metrics",
    "list_plan_versions",
    "plan_test",
    "preview_variants",
    "recommend",
    "relative_interval",
    "report_experiment",
    "start_generation",
    "submit_results",
    "summarise",
    "switch_flag",
    "take_views",
    "update_experiment",
    "update_flag",
    "update_holdout",
    "update_layer",
    "update_metric",
    "variant_name",
]
