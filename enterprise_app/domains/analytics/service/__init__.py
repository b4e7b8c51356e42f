"""The door of analytics: sources, taking messages, importing files, the overview.

EVENTS, the table, is for the SQL of domains above that read events in bulk; only this domain writes them.
"""

from ..models import EVENTS
from .backlog import is_rush, keep_batch
from .counting import change_counting, get_counting
from .draining import drain_backlog
from .expiring import change_retention, decide_retention, get_retention, make_retention_mails, preview_plan
from .exporting import MAX_ROWS, export_events
from .following import EPOCH, SLOT, changed_slots, follow, forget_changes, unfollow
from .health import get_health, get_waiting, last_health_day, list_rejected
from .importing import import_file
from .imports import IMPORTS, cancel_import, get_import, list_imports, open_rejects, queue_import
from .ingesting import authenticate, passer_by, recognise, take_messages, visitor_of
from .listing import EVENT_LIST, get_event, last_event_day, list_events
from .overview import data_range, get_overview, list_filter_fields
from .own import note_asset_view, note_call, record_asset, record_campaign, write_calls
from .planning import complete_plan, find_format, guess_plan
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
from .tail import get_pulse, list_tail
from .timeline import TIMELINE, list_timeline, list_touched_campaigns
from .uploads import (
    add_upload,
    check_upload_room,
    get_upload,
    import_again,
    preview_upload,
    remove_upload,
    start_import,
    tidy_imports,
)
from .viewing import TENANTS_WITH_VIEWS, View, note_views_again, take_views
from .write_keys import KeyOwner, forget_keys

__all__ = [
    "EPOCH",
    "EVENTS",
    "EVENT_LIST",
    "IMPORTS",
    "MAX_ROWS",
    "SLOT",
    "SOURCES",
    "TENANTS_WITH_VIEWS",
    "TIMELINE",
    "KeyOwner",
    "View",
    "add_upload",
    "authenticate",
    "cancel_import",
    "change_counting",
    "change_privacy",
    "change_retention",
    "changed_slots",
    "check_upload_room",
    "complete_plan",
    "create_source",
    "data_range",
    "decide_retention",
    "drain_backlog",
    "ensure_import_source",
    "export_events",
    "find_format",
    "follow",
    "follow_zone",
    "forget_changes",
    "forget_keys",
    "forget_seen",
    "get_counting",
    "get_event",
    "get_health",
    "get_import",
    "get_overview",
    "get_pulse",
    "get_retention",
    "get_snippet",
    "get_source",
    "get_upload",
    "get_waiting",
    "guess_plan",
    "import_again",
    "import_file",
    "is_rush",
    "keep_batch",
    "keep_rollups",
    "last_event_day",
    "last_health_day",
    "list_events",
    "list_filter_fields",
    "list_imports",
    "list_rejected",
    "list_sources",
    "list_tail",
    "list_timeline",
    "list_touched_campaigns",
    "make_retention_mails",
    "note_asset_view",
    "note_call",
    "note_views_again",
    "open_rejects",
    "passer_by",
    "preview_plan",
    "preview_upload",
    "queue_import",
    "recognise",
    "record_asset",
    "record_campaign",
    "recount",
    "remove_upload",
    "revoke_source",
    "rotate_source",
    "start_import",
    "take_messages",
    "take_views",
    "tidy_imports",
    "unfollow",
    "visitor_of",
    "write_calls",
]
