"""Facts about people."""

from typing import ClassVar
from uuid import UUID

from enterprise_app.core.events import Event

from .vocabulary import MergeReason, Origin, Stage


class ProfileEvent(Event):
    """Something happened to a person; `name` is the one it had then."""

    entity_kind: ClassVar[str] = "profile"
    name: str


class LeadCreated(ProfileEvent):
    """There is a new person. Not told of people that an imported file brought: they are old news."""

    kind: ClassVar[str] = "profile.lead_created"
    origin: Origin
    email: str | None = None


class ProfileUpdated(ProfileEvent):
    """A member changed some of its traits."""

    kind: ClassVar[str] = "profile.updated"
    fields: tuple[str, ...]


class StageChanged(ProfileEvent):
    """It became a customer, was lost, is a lead again."""

    kind: ClassVar[str] = "profile.stage_changed"
    before: Stage
    after: Stage


class ProfileMerged(ProfileEvent):
    """Another person, `merged_id`, turned out to be this one."""

    kind: ClassVar[str] = "profile.merged"
    merged_id: UUID
    reason: MergeReason


class MergeUndone(ProfileEvent):
    """`merged_id` is a person of its own again."""

    kind: ClassVar[str] = "profile.merge_undone"
    merged_id: UUID


class ProfileArchived(ProfileEvent):
    """It was put away."""

    kind: ClassVar[str] = "profile.archived"


class ProfileRestored(ProfileEvent):
    """It was brought back."""

    kind: ClassVar[str] = "profile.restored"
