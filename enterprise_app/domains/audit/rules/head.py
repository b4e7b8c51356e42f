"""The signature of a chain's head: who can change the database but lacks the platform's key can't end a chain anew."""

import hashlib
import hmac
from uuid import UUID


def signing_key(platform_secret: str) -> bytes:
    """The key of the heads, derived from the platform's secret key."""
    return hmac.digest(platform_secret.encode(), b"atrium audit head v1", hashlib.sha256)


def sign(key: bytes, tenant_id: UUID, seq: int, row_hash: str) -> str:
    """HMAC-SHA256 over tenant, number and hash of the last entry, 64 hex digits."""
    return hmac.new(key, f"{tenant_id}:{seq}:{row_hash}".encode(), hashlib.sha256).hexdigest()


def is_signed(key: bytes, tenant_id: UUID, seq: int, row_hash: str, signature: str) -> bool:
    """Whether the signature is ours; constant time."""
    return hmac.compare_digest(sign(key, tenant_id, seq, row_hash), signature)
