"""The facts that analytics publishes. Single visitor events are not among them: there are too many."""

from datetime import datetime
from typing import ClassVar

from enterprise_app.core.events import Event


class SourceCreated(Event):
    """A source exists and takes events."""

    kind: ClassVar[str] = "source.created"
    entity_kind: ClassVar[str] = "source"

    name: str


class SourceRevoked(Event):
    """A source's write key no longer works."""

    kind: ClassVar[str] = "source.revoked"
    entity_kind: ClassVar[str] = "source"

    name: str


class ImportFinished(Event):
    """A file's events are in."""

    kind: ClassVar[str] = "import.finished"
    entity_kind: ClassVar[str] = "import"

    file_name: str
    accepted: int
    rejected: int
    duplicates: int


class RetentionAnnounced(Event):
    """In a week events will go: those that happened so many days ago (-1: for good), about `events` of them."""

    kind: ClassVar[str] = "retention.announced"
    entity_kind: ClassVar[str] = "tenant"

    due_at: datetime
    events: int
    days: int
    imported_days: int
