"""The API as clients meet it, CORS and all, that refuses to store as often as it is told and tells who asked what."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from enterprise_app.core.errors import AtriumError, RateLimited, Unavailable
from enterprise_app.domains.analytics.service import ingesting
from enterprise_app.domains.analytics.service.flushing import Kept
from enterprise_app.web.shell.app import open_to_all_origins
from tests.api.server import make as make_api

TOLD = ("authorization", "content-encoding", "content-type", "origin", "x-retry-count")
_refusals: list[AtriumError] = []
_calls: list[dict[str, Any]] = []
_flush = ingesting.flush


async def _flush_or_refuse(*args: Any) -> Kept:
    if _refusals:
        raise _refusals.pop(0)
    return await _flush(*args)


def make() -> Any:
    """The whole application; `/_refuse?status=429&count=2` and `/_calls` are for tests."""
    ingesting.flush = _flush_or_refuse
    app = open_to_all_origins(make_api())

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        request = Request(scope, receive)
        if scope["path"] == "/_refuse":
            return await _refuse(request)(scope, receive, send)
        if scope["path"] == "/_calls":
            return await JSONResponse(_calls)(scope, receive, send)
        call = {"method": scope["method"], "path": scope["path"], "at": time.time()}
        call |= {name: request.headers[name] for name in TOLD if name in request.headers}
        _calls.append(call)

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                call["status"] = message["status"]
            await send(message)

        await app(scope, receive, sending)

    return watched


def _refuse(request: Request) -> JSONResponse:
    kind = RateLimited if request.query_params["status"] == "429" else Unavailable
    _refusals[:] = [kind(retry_after=1) for _ in range(int(request.query_params["count"]))]
    _calls.clear()
    return JSONResponse({})
