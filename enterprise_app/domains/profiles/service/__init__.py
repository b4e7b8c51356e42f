"""The door of profiles: every use case takes `(session, ctx, …)`, checks, audits and publishes."""

from ..queries import KIND, LISTING
from .editing import (
    act_on_profiles,
    archive_profile,
    create_profile,
    restore_profile,
    set_stage,
    update_profile,
)
from .folding import fold
from .merging import MERGES, list_merges, merge_profiles, preview_merge, undo_merge
from .noting import note_sightings
from .reading import find_profile, find_traits, get_profile, get_trail, list_duplicates, list_ids, list_profiles

__all__ = [
    "KIND",
    "LISTING",
    "MERGES",
    "act_on_profiles",
    "archive_profile",
    "create_profile",
    "find_profile",
    "find_traits",
    "fold",
    "get_profile",
    "get_trail",
    "list_duplicates",
    "list_ids",
    "list_merges",
    "list_profiles",
    "merge_profiles",
    "note_sightings",
    "preview_merge",
    "restore_profile",
    "set_stage",
    "undo_merge",
    "update_profile",
]
