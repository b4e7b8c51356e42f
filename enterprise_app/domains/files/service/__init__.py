"""The door of files. The domain of a holder calls it with the holder, after it looked whether that may be changed."""

from ..queries import LISTING
from ..rules.sniffing import served_type, sniff
from .attaching import OpenHolder, Settle, attach, discard, receive, store, upload
from .reading import get_file, list_files, open_file
from .removing import remove, restore
from .tidying import KEPT, tidy

__all__ = [
    "KEPT",
    "LISTING",
    "OpenHolder",
    "Settle",
    "attach",
    "discard",
    "get_file",
    "list_files",
    "open_file",
    "receive",
    "remove",
    "restore",
    "served_type",
    "sniff",
    "store",
    "tidy",
    "upload",
]
