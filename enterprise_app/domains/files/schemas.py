"""Files as they enter and leave."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from enterprise_app.core.vocabulary.permissions import Permission

Content = AbstractAsyncContextManager[AsyncIterator[bytes]]
"""A file's content in pieces, open inside the block."""


@dataclass(frozen=True, slots=True)
class Holder:
    """What has the files, as its own domain tells it: which rights they need, and whether it may be changed now."""

    kind: str
    id: UUID
    name: str
    read: Permission
    write: Permission


@dataclass(frozen=True, slots=True)
class Stored:
    """Content that lies in the storage and belongs to no file yet."""

    key: str
    size: int
    sha256: bytes
    head: bytes


@dataclass(frozen=True, slots=True)
class Tidied:
    """What the housekeeping took away: removed files, contents without a file, uploads cut off by a crash."""

    purged: int
    orphans: int
    unfinished: int


class File(BaseModel):
    """One file. Its type is read from its bytes; `removed_at` is set while it is put away."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str = Field(examples=["Briefing Frühjahr.pdf"])
    content_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes.", examples=[482_133])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    shown_inline: bool = Field(description="Whether a browser may show it in place: certain pictures.")
    created_by: UUID | None = Field(description="Member or key that attached it.")
    created_by_name: str = Field(examples=["Ada"])
    created_at: datetime
    removed_at: datetime | None = Field(examples=[None])
