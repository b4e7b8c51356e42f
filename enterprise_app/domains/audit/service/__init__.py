"""The door of the audit trail: record, read, verify, export; and saved views of it."""

from ..queries import LISTING
from .exporting import export, verify_file
from .reading import list_entries
from .recording import record, record_refusal
from .verification import list_chains, verify, verify_all, verify_own
from .views import MAX_VIEWS, delete_view, list_views, save_view

__all__ = [
    "LISTING",
    "MAX_VIEWS",
    "delete_view",
    "export",
    "list_chains",
    "list_entries",
    "list_views",
    "record",
    "record_refusal",
    "save_view",
    "verify",
    "verify_all",
    "verify_file",
    "verify_own",
]
