"""The door of operations: is the platform well, and which parts of it are switched on."""

from .deliveries import get_backlog, list_failed_deliveries, replay_delivery
from .examination import Examiner, examine, examiner, health
from .switchboard import list_switches, turn_switch
from .waiting import get_waiting_events

__all__ = [
    "Examiner",
    "examine",
    "examiner",
    "get_backlog",
    "get_waiting_events",
    "health",
    "list_failed_deliveries",
    "list_switches",
    "replay_delivery",
    "turn_switch",
]
