"""Random secrets and what we keep of them: 256 bits, so a plain SHA-256 is enough and can be looked up."""

import hashlib
import secrets

ACCESS_TOKEN_PREFIX = "att_"  # noqa: S105
API_KEY_PREFIX = "atr_"


def new_secret(prefix: str = "") -> str:
    """A fresh URL-safe secret of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256, hex: stored and compared instead of the secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
