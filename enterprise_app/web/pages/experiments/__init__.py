"""Experiments: the list, the editor with its live plan; metrics, flags, layers and hold-outs."""
