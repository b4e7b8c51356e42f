"""The door of the audit trail: record, read, verify, export."""

from ..queries import LISTING
from .exporting import export, verify_file
from .reading import list_entries
from .recording import record, record_refusal
from .verification import list_chains, verify, verify_all, verify_own

__all__ = [
    "LISTING",
    "export",
    "list_chains",
    "list_entries",
    "record",
    "record_refusal",
    "verify",
    "verify_all",
    "verify_file",
    "verify_own",
]
