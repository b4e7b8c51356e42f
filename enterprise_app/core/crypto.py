"""Secrets: making tokens, storing their hashes, sealing what must be read again, signing. All keys follow from one."""

import base64
import hashlib
import hmac
import os
import secrets
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_secret: bytes = b""


def configure(secret_key: str) -> None:
    """The platform's secret key; once at the start of every process."""
    global _secret
    if len(secret_key) < 32:
        raise ValueError("the secret key has at least 32 characters")
    _secret = secret_key.encode()
    _key.cache_clear()


def make_token(prefix: str = "", *, size: int = 32) -> str:
    """An unguessable token (`size` random bytes, URL-safe) behind a prefix that says what it is, such as `atr_`."""
    return prefix + secrets.token_urlsafe(size)


def hash_token(token: str, purpose: str = "token") -> bytes:
    """The keyed hash (HMAC-SHA-256) under which a token is stored and found: useless without the secret key."""
    return hmac.new(_key(f"hash {purpose}"), token.encode(), hashlib.sha256).digest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Equality in constant time."""
    left = one.encode() if isinstance(one, str) else one
    right = other.encode() if isinstance(other, str) else other
    return hmac.compare_digest(left, right)


def sign(message: str | bytes, purpose: str) -> str:
    """A URL-safe HMAC-SHA-256 of the message; signatures of one purpose are worth nothing for another."""
    data = message.encode() if isinstance(message, str) else message
    return _text(hmac.new(_key(f"sign {purpose}"), data, hashlib.sha256).digest())


def verify(message: str | bytes, signature: str, purpose: str) -> bool:
    """Whether `sign` made the signature."""
    return same(sign(message, purpose), signature)


def seal(plain: str | bytes, purpose: str, bound_to: str = "") -> bytes:
    """Encrypt for storage (AES-256-GCM). Opens only with the same purpose and `bound_to` (the row it belongs to)."""
    data = plain.encode() if isinstance(plain, str) else plain
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(_key(f"seal {purpose}")).encrypt(nonce, data, bound_to.encode())


def open_sealed(sealed: bytes, purpose: str, bound_to: str = "") -> bytes:
    """Decrypt; raises ValueError when it was changed, moved to another row, or sealed under another secret key."""
    try:
        return AESGCM(_key(f"seal {purpose}")).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
    except (InvalidTag, ValueError):
        raise ValueError("the sealed value cannot be opened") from None


@cache
def _key(purpose: str) -> bytes:
    if not _secret:
        raise RuntimeError("core.crypto.configure(secret_key) has not been called")
    return hmac.new(_secret, f"atrium {purpose}".encode(), hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
