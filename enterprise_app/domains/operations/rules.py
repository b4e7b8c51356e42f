"""What the states of the components mean for the whole."""

from collections.abc import Mapping

from .vocabulary import Health, State

VITAL = frozenset({"database"})
"""Without these nothing can be answered; everything else degrades."""


def overall(components: Mapping[str, State]) -> Health:
    """Down when something vital is, degraded when anything is, else ok."""
    broken = {name for name, state in components.items() if state is State.DOWN}
    if broken & VITAL:
        return Health.DOWN
    return Health.DEGRADED if broken else Health.OK
