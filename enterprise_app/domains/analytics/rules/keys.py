"""Identities that are computed, not drawn: events from message ids, visitors from addresses."""

import hmac
from hashlib import blake2b, sha256
from uuid import UUID


def tenant_salt(secret: str, tenant_id: UUID) -> bytes:
    """The tenant's own key for visitor ids, so that the same browser can't be recognised across tenants."""
    return hmac.digest(secret.encode(), b"analytics.visitor:" + tenant_id.bytes, sha256)


def event_id(tenant_id: UUID, message_id: str) -> UUID:
    """The event's id: 128 bits of BLAKE2b over the tenant and the client's message id (RFC 9562 version 8)."""
    return _uuid(blake2b(message_id.encode("utf-8", "replace"), digest_size=16, key=tenant_id.bytes).digest())


def line_event_id(tenant_id: UUID, line: bytes, occurrence: int) -> UUID:
    """The event's id of a file's line: its content, and which of the identical lines it is; not the file."""
    digest = blake2b(line, digest_size=16, key=tenant_id.bytes, salt=occurrence.to_bytes(16))
    return _uuid(digest.digest())


def visitor_of_id(salt: bytes, client_id: str) -> UUID:
    """The visitor behind an anonymous or user id that a client sent."""
    return _uuid(blake2b(client_id.encode("utf-8", "replace"), digest_size=16, key=salt, person=b"client").digest())


def visitor_of_address(salt: bytes, ip: str, agent: str) -> UUID:
    """The visitor behind a log line: address (as it is stored) and user agent."""
    digest = blake2b(f"{ip}\n{agent}".encode("utf-8", "replace"), digest_size=16, key=salt, person=b"address")
    return _uuid(digest.digest())


def _uuid(digest: bytes) -> UUID:
    value = int.from_bytes(digest) & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
