"""Experiments over HTTP: lifecycle, layers and hold-outs, metrics, recommendations, results."""

from .experiments import experiments
from .exposures import counts, exposures
from .flags import flags
from .generating import generating
from .layers import holdouts, layers
from .metrics import metrics
from .ofrep import ofrep
from .recommending import recommendations
from .reports import reports
from .results import results

# Recommendations first: `/recommendations` is no experiment's id.
routers = (
    recommendations,
    generating,
    experiments,
    results,
    reports,
    metrics,
    layers,
    holdouts,
    exposures,
    counts,
    flags,
    ofrep,
)
