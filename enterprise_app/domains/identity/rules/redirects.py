"""Where a sign-in may send the browser: only to paths of the same host."""

from urllib.parse import urlsplit


def safe_next(value: str | None, default: str = "/") -> str:
    """`value` when it is a plain path of this host, else `default`: `//host`, schemes and controls are not."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")) or len(value) > 2000:
        return default
    if "\\" in value or any(ord(c) <= 32 or ord(c) == 127 for c in value):
        return default
    try:
        parts = urlsplit(value)
    except ValueError:
        return default
    if parts.scheme or parts.netloc or parts.path.startswith("/auth/"):
        return default
    return value
