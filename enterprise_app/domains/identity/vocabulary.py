"""Closed words of identity."""

from enum import StrEnum


class MemberStatus(StrEnum):
    """Whether a member may work; removed members keep their row, so that what they made keeps its author."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"


class InvitationStatus(StrEnum):
    """Where an invitation stands; `expired` is derived from its date."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Theme(StrEnum):
    """How the interface is lit."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class AttemptOutcome(StrEnum):
    """How a sign-in attempt ended; one that never ended counts as a failure."""

    STARTED = "started"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
