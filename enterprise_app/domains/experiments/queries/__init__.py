"""The SQL of experiments, flags and metrics."""
