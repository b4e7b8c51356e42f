"""The door of metering: reserve and release, spend and count, usage and recount."""

from .calls import ApiCalls, api_calls
from .ledger import count, spend
from .quotas import check_room, check_within, fit, release, reserve, set_upgrade_path
from .reports import Recount, reconcile, recount, register_recount, usage

__all__ = [
    "ApiCalls",
    "Recount",
    "api_calls",
    "check_room",
    "check_within",
    "count",
    "fit",
    "reconcile",
    "recount",
    "register_recount",
    "release",
    "reserve",
    "set_upgrade_path",
    "spend",
    "usage",
]
