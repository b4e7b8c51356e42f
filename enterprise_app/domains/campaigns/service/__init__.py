"""The door of campaigns: every use case takes `(session, ctx, …)`, checks, audits and publishes."""

from ..queries import KIND, LISTING
from ..rules import allowed_actions
from .actions import PERMISSIONS, act_on_campaign, act_on_campaigns
from .editing import create_campaign, duplicate_campaign, update_campaign
from .reading import get_board, get_calendar, get_campaign, list_campaigns

__all__ = [
    "KIND",
    "LISTING",
    "PERMISSIONS",
    "act_on_campaign",
    "act_on_campaigns",
    "allowed_actions",
    "create_campaign",
    "duplicate_campaign",
    "get_board",
    "get_calendar",
    "get_campaign",
    "list_campaigns",
    "update_campaign",
]
