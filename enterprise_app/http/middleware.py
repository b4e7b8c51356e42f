"""Around every answer of the platform: a request id, in the logs, on the answer and passed on to the context."""

import os
import re

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WANTED = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


class RequestIds:
    """Take the caller's `X-Request-ID` when it is sane, else make one; `request.state.request_id` holds it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given(scope) or os.urandom(16).hex()
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        await self.app(scope, receive, send_with_id)


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _WANTED.match(text) else None
    return None
