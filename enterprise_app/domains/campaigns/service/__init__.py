"""The door of campaigns: every use case takes `(session, ctx, …)`, checks, audits and publishes."""

from ..queries import KIND, LISTING
from ..rules import allowed_actions
from .actions import PERMISSIONS, act_on_campaign, act_on_campaigns
from .editing import create_campaign, duplicate_campaign, update_campaign
from .files import (
    FILES,
    attach_file,
    get_campaign_file,
    list_campaign_files,
    open_campaign_file,
    remove_file,
    restore_file,
)
from .reading import get_board, get_calendar, get_campaign, list_campaigns

__all__ = [
    "FILES",
    "KIND",
    "LISTING",
    "PERMISSIONS",
    "act_on_campaign",
    "act_on_campaigns",
    "allowed_actions",
    "attach_file",
    "create_campaign",
    "duplicate_campaign",
    "get_board",
    "get_calendar",
    "get_campaign",
    "get_campaign_file",
    "list_campaign_files",
    "list_campaigns",
    "open_campaign_file",
    "remove_file",
    "restore_file",
    "update_campaign",
]
