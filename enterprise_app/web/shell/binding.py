"""Ties Reflex's client token, which alone would open a state, to the browser's cookie."""

import hashlib
import hmac
import re
import secrets

VISITOR_COOKIE = "atrium_visitor"
_VISITOR = re.compile(r"[A-Za-z0-9_-]{32,64}\Z")
_CLIENT_TOKEN = re.compile(r"[A-Za-z0-9-]{1,128}\Z")


def new_visitor() -> str:
    """A random name for a browser that nobody signed in with."""
    return secrets.token_urlsafe(32)


def is_visitor(value: str | None) -> bool:
    """Whether the cookie can be one of ours: long enough that it can't be guessed."""
    return value is not None and _VISITOR.match(value) is not None


def is_client_token(value: str) -> bool:
    """Whether a tab may present this as its token (room tokens and state paths hold underscores)."""
    return _CLIENT_TOKEN.match(value) is not None


def bound_token(key: bytes, subject: str, host: str, client_token: str) -> str:
    """The token that Reflex gets to see: nobody can compute it, and it differs for every session and host."""
    message = "\0".join((subject, host, client_token)).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
