"""The gate in front of Reflex and the API: who may connect, as whom, and what Reflex gets to see of it.

Reflex opens a state for whoever presents its client token, from any origin. Here a token is worth nothing
without the browser's cookie, and Reflex never sees the cookie: only a reference that is no secret.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from enterprise_app.core.networks import network_of
from enterprise_app.core.texts import LOCALE_COOKIE, negotiate
from enterprise_app.web.shell import binding
from enterprise_app.web.shell.incoming import Header, Incoming, Refusal, Scope, without
from enterprise_app.web.shell.ports import Sessions
from enterprise_app.web.shell.security import FIXED, ContentPolicy
from enterprise_app.web.shell.sockets import Socket, Sockets

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

SESSION_COOKIE = "atrium_session"
SOCKET_PATH = "/_event"
API_PREFIXES = (
    "/.well-known", "/api", "/auth", "/files", "/health", "/metrics", "/oauth", "/ofrep", "/scim",
    "/v1", "/ws",
)  # fmt: skip
COOKIELESS = ("/v1", "/ofrep")
_UNSAFE = frozenset({"DELETE", "PATCH", "POST", "PUT"})


def under(path: str, prefixes: Iterable[str]) -> bool:
    """Whether the path is one of the prefixes or below it."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)


class Guard:
    """ASGI app: `api` answers API_PREFIXES, `pages` (Reflex) the rest, both only past the checks.

    `is_public` tells of a page's path whether it may be opened without signing in.
    """

    def __init__(
        self, *, pages: ASGIApp, api: ASGIApp, sessions: Sessions, key: bytes, policy: ContentPolicy,
        sockets: Sockets, is_public: Callable[[str], bool], sign_in: str = "/sign-in",
    ) -> None:  # fmt: skip
        self._pages, self._api, self._sessions, self._key = pages, api, sessions, key
        self._policy, self._is_public, self._sign_in = policy, is_public, sign_in
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._pages(scope, receive, send)
        try:
            await self._route(Incoming.read(scope), scope, receive, send)
        except Refusal as refusal:
            await _refuse(scope, receive, send, refusal)

    async def _route(self, seen: Incoming, scope: Scope, receive: Receive, send: Send) -> None:
        if under(seen.path, API_PREFIXES):
            scope = {**scope, "headers": self._api_headers(seen, scope["headers"])}
            return await self._api(scope, receive, _with_headers(send, FIXED))
        if seen.kind == "websocket":
            return await self._socket(seen, scope, receive, send)
        await self._document(seen, scope, receive, send)

    def _api_headers(self, seen: Incoming, headers: list[Header]) -> list[Header]:
        """Cookies never count for the public event API; elsewhere they do only for requests of our own pages."""
        if under(seen.path, COOKIELESS):
            return without(headers, b"cookie", prefix=b"x-atrium-")
        changes = seen.kind == "websocket" or seen.method in _UNSAFE
        if changes and SESSION_COOKIE in seen.cookies and not seen.same_origin:
            raise Refusal(403, "a request with a session cookie must come from this host's own pages")
        if changes and under(seen.path, ("/auth",)) and seen.origin is not None and not seen.same_origin:
            raise Refusal(403, "sign-in forms are accepted from this host's own pages only")
        return without(headers, prefix=b"x-atrium-")

    async def _socket(self, seen: Incoming, scope: Scope, receive: Receive, send: Send) -> None:
        """Reflex behind a scope of our making: token bound to the browser, cookie gone, session reference added."""
        if not under(seen.path, (SOCKET_PATH,)):
            raise Refusal(404, "no such socket")
        if not seen.same_origin:
            raise Refusal(403, "the socket takes connections from this host's own pages only")
        known_at = self._sockets.changes
        reference = await self._reference(seen)
        visitor = seen.cookies.get(binding.VISITOR_COOKIE)
        if reference is None and not binding.is_visitor(visitor):
            raise Refusal(403, "no browser cookie: load a page first")
        subject = f"session:{reference}" if reference else f"visitor:{visitor}"
        bound = {
            **scope,
            "query_string": self._bind_query(scope["query_string"], subject, seen.host),
            "headers": self._pages_headers(seen, scope["headers"], reference),
        }
        client = scope.get("client")
        socket = Socket(reference, seen.host, network_of(client[0] if client else None), receive, send)
        with self._sockets.admitted(socket, known_at=known_at):
            await self._pages(bound, socket.receiving, socket.sending)

    def _bind_query(self, query: bytes, subject: str, host: str) -> bytes:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        tokens = [value for name, value in pairs if name == "token"]
        if len(tokens) != 1 or not binding.is_client_token(tokens[0]):
            raise Refusal(403, "exactly one well-formed client token is needed")
        bound = binding.bound_token(self._key, subject, host, tokens[0])
        return urlencode([(n, bound if n == "token" else v) for n, v in pairs]).encode()

    def _pages_headers(self, seen: Incoming, headers: list[Header], reference: str | None) -> list[Header]:
        kept = without(headers, b"authorization", b"cookie", b"reflex-client-token", b"x-api-key", prefix=b"x-atrium-")
        locale = seen.cookies.get(LOCALE_COOKIE, "")
        kept += [
            (b"x-atrium-host", seen.host.encode("latin-1")),
            (b"x-atrium-locale", negotiate(locale, seen.accept_language).encode()),
        ]
        return kept + ([(b"x-atrium-session", reference.encode())] if reference else [])

    async def _reference(self, seen: Incoming) -> str | None:
        cookie = seen.cookies.get(SESSION_COOKIE)
        return await self._sessions.find_reference(cookie, seen.host) if cookie else None

    async def _document(self, seen: Incoming, scope: Scope, receive: Receive, send: Send) -> None:
        """Pages and their assets: read only, so Reflex's own endpoints (upload among them) don't exist here."""
        if seen.method not in ("GET", "HEAD") or seen.path.startswith("/_") or seen.path == "/ping":
            raise Refusal(404 if seen.method in ("GET", "HEAD") else 405, "pages are for reading")
        headers: list[Header] = list(FIXED)
        if seen.path.startswith("/assets/"):
            headers.append((b"cache-control", b"public, max-age=31536000, immutable"))
        if seen.wants_document:
            if not self._is_public(seen.path) and await self._reference(seen) is None:
                return await _redirect(send, self._entry(seen, scope))
            headers += self._document_headers(seen)
        scope = {**scope, "headers": self._pages_headers(seen, scope["headers"], None)}
        if seen.wants_document and not seen.path.endswith((".html", "/")):
            # A page is a folder with an index: without the slash the file server would redirect there.
            scope |= {"path": seen.path + "/", "raw_path": scope.get("raw_path", b"") + b"/"}
        await self._pages(scope, receive, _with_headers(send, headers))

    def _entry(self, seen: Incoming, scope: Scope) -> str:
        query = scope["query_string"].decode("latin-1")
        target = seen.path + (f"?{query}" if query else "")
        return self._sign_in if target == "/" else f"{self._sign_in}?next={quote(target, safe='')}"

    def _document_headers(self, seen: Incoming) -> list[Header]:
        headers = [(b"content-security-policy", self._policy.header(seen.path)), (b"cache-control", b"no-cache")]
        if not binding.is_visitor(seen.cookies.get(binding.VISITOR_COOKIE)):
            secure = "; Secure" if seen.scheme == "https" else ""
            cookie = f"{binding.VISITOR_COOKIE}={binding.new_visitor()}; Path=/; HttpOnly; SameSite=Lax{secure}"
            headers.append((b"set-cookie", cookie.encode()))
        return headers


def _with_headers(send: Send, extra: Iterable[Header]) -> Send:
    """A send that adds headers to the response's start."""
    added = list(extra)

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message.get("headers", ())}
            keep_out = present if message["status"] < 400 else present | {b"cache-control"}
            fresh = [(n, v) for n, v in added if n == b"set-cookie" or n not in keep_out]
            message = {**message, "headers": [*message.get("headers", ()), *fresh]}
        await send(message)

    return sending


async def _redirect(send: Send, target: str) -> None:
    headers = [(b"location", target.encode("latin-1")), (b"cache-control", b"no-store"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers + list(FIXED)})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: Refusal) -> None:
    """Plain text with the status, for a socket instead of its handshake, where the server can answer that so."""
    socket = scope["type"] == "websocket"
    if socket:
        await receive()
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            return await send({"type": "websocket.close", "code": 1008, "reason": refusal.reason})
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *FIXED]
    if refusal.retry_after is not None:
        headers.append((b"retry-after", str(refusal.retry_after).encode()))
    kind = "websocket.http.response" if socket else "http.response"
    await send({"type": f"{kind}.start", "status": refusal.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": refusal.reason.encode()})
