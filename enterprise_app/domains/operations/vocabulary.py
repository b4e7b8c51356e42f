"""The closed words of health."""

from enum import StrEnum


class Health(StrEnum):
    """The platform as a whole, worst last."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class State(StrEnum):
    """One dependency: up, down, or not configured and replaced by what is built in."""

    UP = "up"
    DOWN = "down"
    BUILT_IN = "built_in"
