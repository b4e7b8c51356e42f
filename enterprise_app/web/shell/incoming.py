"""One look at an ASGI scope: host, scheme, origin and cookies, parsed once and without trust."""

from collections import Counter
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A request that goes no further; `retry_after` in seconds, when trying again makes sense."""

    status: int
    reason: str
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """The parts of a request that the guard decides on. `host` has the port when there is one, in lower case."""

    kind: str
    method: str
    path: str
    scheme: str
    host: str
    origin: str | None
    cookies: dict[str, str]
    accept_language: str
    agent: str

    @classmethod
    def read(cls, scope: Scope) -> "Incoming":
        """From a scope of type http or websocket."""
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        return cls(
            kind=scope["type"],
            method=scope.get("method", "GET"),
            path=scope["path"],
            scheme={"ws": "http", "wss": "https"}.get(str(scope["scheme"]), str(scope["scheme"])),
            host=headers.get("host", "").lower(),
            origin=headers.get("origin"),
            cookies=parse_cookies(v.decode("latin-1") for n, v in scope["headers"] if n.lower() == b"cookie"),
            accept_language=headers.get("accept-language", ""),
            agent=headers.get("user-agent", ""),
        )

    @property
    def same_origin(self) -> bool:
        """Whether the page that sends this was loaded from the very host (and port) it talks to."""
        try:
            parts = urlsplit(self.origin or "")
        except ValueError:  # "http://[" is no address
            return False
        return parts.netloc.lower() == self.host and parts.scheme == self.scheme

    @property
    def wants_document(self) -> bool:
        """Whether this asks for a page, as opposed to a script, a style or an image: those have a suffix."""
        last = self.path.rpartition("/")[2]
        return self.kind == "http" and ("." not in last or last.endswith(".html"))


def parse_cookies(values: Iterable[str]) -> dict[str, str]:
    """Cookies by name. One that comes twice counts for nothing: a sibling host may have planted the other."""
    pairs = [part.strip().partition("=") for value in values for part in value.split(";")]
    names = Counter(name for name, _, _ in pairs)
    return {name: value.strip().strip('"') for name, _, value in pairs if name and names[name] == 1}


def without(headers: Iterable[Header], *names: bytes, prefix: bytes = b"\0") -> list[Header]:
    """The headers but those named or starting with the prefix."""
    return [(n, v) for n, v in headers if n.lower() not in names and not n.lower().startswith(prefix)]
