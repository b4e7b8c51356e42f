"""What a person can be, come from and be known by, and what events say of one.

Imports nothing: processes that read files start with it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """Where a person stands with the tenant."""

    LEAD = "lead"
    CUSTOMER = "customer"
    LOST = "lost"


class Origin(StrEnum):
    """What first told of the person."""

    API = "api"
    EVENT = "event"
    FORM = "form"
    IMPORT = "import"


class IdKind(StrEnum):
    """Whose id it is: the tenant's own (userId), or a browser's before anybody signed in (anonymousId)."""

    ANONYMOUS = "anonymous"
    USER = "user"


class MergeReason(StrEnum):
    """Who said that two are one."""

    ALIAS = "alias"
    IDENTIFY = "identify"
    MANUAL = "manual"


class SightingKind(StrEnum):
    """What a sighting says: somebody was there, has traits, or two ids are one person."""

    ALIAS = "alias"
    IDENTIFY = "identify"
    SEEN = "seen"


class ProfileAction(StrEnum):
    """What can be done to many people at once."""

    ARCHIVE = "archive"
    RESTORE = "restore"
    SET_STAGE = "set_stage"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one event says of a person, or many events of the same two ids together. `traits` is a JSON object's text;
    `event_id` the event's, None where it stands for many."""

    kind: SightingKind
    first_at: datetime
    last_at: datetime
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    traits: str | None = None
    event_id: str | None = None
