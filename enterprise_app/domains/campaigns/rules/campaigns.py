"""How campaigns move, what they may be called, how names sort. Pure."""

import re
from collections.abc import Collection

from ..errors import wrong_status
from ..schemas import NAME_MAX
from ..vocabulary import CampaignAction, CampaignStatus

TRANSITIONS: dict[CampaignAction, tuple[tuple[CampaignStatus, ...], CampaignStatus | None]] = {
    CampaignAction.ACTIVATE: ((CampaignStatus.DRAFT, CampaignStatus.PAUSED), CampaignStatus.ACTIVE),
    CampaignAction.PAUSE: ((CampaignStatus.ACTIVE,), CampaignStatus.PAUSED),
    CampaignAction.COMPLETE: ((CampaignStatus.ACTIVE, CampaignStatus.PAUSED), CampaignStatus.COMPLETED),
    CampaignAction.ARCHIVE: (
        (CampaignStatus.DRAFT, CampaignStatus.ACTIVE, CampaignStatus.PAUSED, CampaignStatus.COMPLETED),
        CampaignStatus.ARCHIVED,
    ),
    CampaignAction.RESTORE: ((CampaignStatus.ARCHIVED,), None),
}
"""Action → the statuses it starts from, and the one it leads to (None: the one before archiving)."""


def next_status(
    action: CampaignAction, status: CampaignStatus, before_archive: CampaignStatus | None = None
) -> CampaignStatus:
    """Where the action leads. Raises Conflict when it does not start from `status`."""
    starts, target = TRANSITIONS[action]
    if status not in starts:
        raise wrong_status(action, status, list(starts))
    return target or restored_status(before_archive)


def restored_status(before_archive: CampaignStatus | None) -> CampaignStatus:
    """A restored campaign does not start to spend by itself: one that was active comes back paused."""
    if before_archive is CampaignStatus.ACTIVE:
        return CampaignStatus.PAUSED
    return before_archive or CampaignStatus.DRAFT


def allowed_actions(status: CampaignStatus) -> list[CampaignAction]:
    """What can be done from here, for buttons."""
    return [action for action, (starts, _) in TRANSITIONS.items() if status in starts]


def copy_stem(name: str) -> str:
    """The name without the number of an earlier copy."""
    return re.sub(r" \(\d+\)$", "", name)


def copy_name(name: str, taken: Collection[str]) -> str:
    """The first free of `name (2)`, `name (3)` …, never longer than a name may be."""
    base = copy_stem(name)
    for number in range(2, len(taken) + 3):
        suffix = f" ({number})"
        candidate = base[: NAME_MAX - len(suffix)] + suffix
        if candidate not in taken:
            return candidate
    raise AssertionError("more names taken than counted")
