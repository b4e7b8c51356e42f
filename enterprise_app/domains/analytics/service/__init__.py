"""The door of analytics: sources, taking messages, importing files, the overview."""

from .counting import change_counting, get_counting
from .importing import import_file
from .imports import IMPORTS, get_import, list_imports, queue_import
from .ingesting import authenticate, passer_by, take_messages
from .listing import EVENT_LIST, list_events
from .overview import data_range, get_overview, list_filter_fields
from .retention import forget_seen
from .rollups import follow_zone, keep_rollups, recount
from .sources import (
    SOURCES,
    change_privacy,
    create_source,
    ensure_import_source,
    get_snippet,
    get_source,
    list_sources,
    revoke_source,
    rotate_source,
)
from .timeline import TIMELINE, list_timeline, list_touched_campaigns
from .write_keys import KeyOwner, forget_keys

__all__ = [
    "EVENT_LIST",
    "IMPORTS",
    "SOURCES",
    "TIMELINE",
    "KeyOwner",
    "authenticate",
    "change_counting",
    "change_privacy",
    "create_source",
    "data_range",
    "ensure_import_source",
    "follow_zone",
    "forget_keys",
    "forget_seen",
    "get_counting",
    "get_import",
    "get_overview",
    "get_snippet",
    "get_source",
    "import_file",
    "keep_rollups",
    "list_events",
    "list_filter_fields",
    "list_imports",
    "list_sources",
    "list_timeline",
    "list_touched_campaigns",
    "passer_by",
    "queue_import",
    "recount",
    "revoke_source",
    "rotate_source",
    "take_messages",
]
