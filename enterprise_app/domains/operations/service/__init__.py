"""The door of operations: is the platform well, and which parts of it are switched on."""

from .examination import Examiner, examine, examiner, health
from .switchboard import list_switches, turn_switch

__all__ = ["Examiner", "examine", "examiner", "health", "list_switches", "turn_switch"]
