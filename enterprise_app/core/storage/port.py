"""What every file store can do, and which keys exist."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_MAX_PARTS = 12


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What is known of a stored file; `sha256` is None where only `put` knew it."""

    key: str
    size: int
    modified_at: datetime
    sha256: bytes | None = None


class Storage(Protocol):
    """A store of files under keys. `get`, `open` and `stat` raise NotFound, `put` Unavailable when it is full."""

    async def put(self, key: str, content: bytes | AsyncIterable[bytes]) -> StoredObject:
        """Store whole or not at all; replaces."""
        ...

    async def get(self, key: str) -> bytes:
        """The whole content."""
        ...

    def open(self, key: str, chunk: int = 1 << 20) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The content in pieces."""
        ...

    async def delete(self, key: str) -> bool:
        """Whether there was something to delete."""
        ...

    async def stat(self, key: str) -> StoredObject:
        """Size and age."""
        ...

    def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Everything under `<tenant>/<part>`, in no certain order; what is being written is not there yet."""
        ...

    async def drop_unfinished(self, prefix: str, before: datetime) -> int:
        """Remove what writers that died before then left half-written under `<tenant>/<part>`; returns how many."""
        ...


def key(tenant_id: UUID, *parts: str) -> str:
    """`<tenant>/<part>/<part>`; raises ValueError for parts that are not plain names (use ids, not people's names)."""
    if not isinstance(tenant_id, UUID):
        raise TypeError("a file belongs to a tenant")
    return check("/".join((str(tenant_id), *parts)))


def check(wanted: str) -> str:
    """The key itself when it is safe; raises ValueError."""
    parts = wanted.split("/")
    if not 2 <= len(parts) <= _MAX_PARTS or not all(_PART.fullmatch(part) for part in parts):
        raise ValueError("a storage key is <tenant>/<name>/…, names of letters, digits, dots, hyphens")
    UUID(parts[0])
    return wanted
