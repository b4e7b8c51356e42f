"""Identities that are computed, not drawn: events from message ids, visitors from addresses.

They are UUIDs as 32 hexadecimal digits; `tenant_key` is the tenant's id as bytes.
"""

import hmac
from functools import lru_cache
from hashlib import blake2b, sha256
from uuid import UUID, uuid4


def tenant_salt(secret: str, tenant_id: UUID) -> bytes:
    """The tenant's own key for visitor ids, so that the same browser can't be recognised across tenants."""
    return hmac.digest(secret.encode(), b"analytics.visitor:" + tenant_id.bytes, sha256)


def event_id(tenant_key: bytes, message_id: str) -> str:
    """The event's id: 128 bits of BLAKE2b over the tenant and the client's message id (RFC 9562 version 8)."""
    return _uuid(blake2b(message_id.encode("utf-8", "replace"), digest_size=16, key=tenant_key).digest())


def line_event_id(tenant_key: bytes, line: bytes, occurrence: int) -> str:
    """The event's id of a file's line: its content, and which of the identical lines it is; not the file."""
    digest = blake2b(line, digest_size=16, key=tenant_key, salt=occurrence.to_bytes(16))
    return _uuid(digest.digest())


@lru_cache(maxsize=50_000)
def visitor_of_id(salt: bytes, client_id: str) -> str:
    """The visitor behind an anonymous or user id that a client sent."""
    return _uuid(blake2b(client_id.encode("utf-8", "replace"), digest_size=16, key=salt, person=b"client").digest())


@lru_cache(maxsize=50_000)
def visitor_of_address(salt: bytes, ip: str, agent: str) -> str:
    """The visitor behind a log line: address (as it is stored) and user agent."""
    digest = blake2b(f"{ip}\n{agent}".encode("utf-8", "replace"), digest_size=16, key=salt, person=b"address")
    return _uuid(digest.digest())


def random_id() -> str:
    """An id for a message without one: a repeat of it can't be recognised."""
    return uuid4().hex


def _uuid(digest: bytes) -> str:
    marked = bytearray(digest)
    marked[6] = marked[6] & 0x0F | 0x80
    marked[8] = marked[8] & 0x3F | 0x80
    return marked.hex()
