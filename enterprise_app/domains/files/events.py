"""Facts about files."""

from typing import ClassVar
from uuid import UUID

from enterprise_app.core.events import Event


class FileEvent(Event):
    """Something happened to a file of a holder."""

    entity_kind: ClassVar[str] = "file"
    name: str
    holder_kind: str
    holder_id: UUID


class FileAttached(FileEvent):
    """A holder has a new file."""

    kind: ClassVar[str] = "file.attached"
    content_type: str
    size: int


class FileRemoved(FileEvent):
    """It was put away."""

    kind: ClassVar[str] = "file.removed"


class FileRestored(FileEvent):
    """It was brought back."""

    kind: ClassVar[str] = "file.restored"
