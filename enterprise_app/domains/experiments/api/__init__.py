"""Experiments over HTTP: lifecycle, layers and hold-outs, metrics, results."""

from .experiments import experiments
from .layers import holdouts, layers
from .metrics import metrics
from .results import results

routers = (experiments, results, metrics, layers, holdouts)
