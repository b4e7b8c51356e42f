"""What comes in as a body: bounded in size, without characters that PostgreSQL cannot store."""

import re
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import Message, Receive

from enterprise_app.core.errors import Invalid, NotFound, TooLarge

if TYPE_CHECKING:
    from enterprise_app.http.routing import AtriumRoute

_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def accept(request: Request, route: "AtriumRoute") -> None:
    """Bound the body, read it where the route has one to parse, refuse NUL characters anywhere."""
    if "\x00" in request.scope["path"]:
        raise NotFound
    if b"%00" in request.scope["query_string"]:
        raise Invalid.of("query", "nul_character")
    if request.method in ("GET", "HEAD"):
        return
    _bound(request, route.body_limit)
    is_json = route.body_field is not None and "json" in request.headers.get("content-type", "json")
    if is_json and _NUL_ESCAPE.search(await request.body()):
        raise Invalid.of("body", "nul_character")


def _bound(request: Request, limit: int) -> None:
    """Make reading more than `limit` bytes raise TooLarge, whether the length was announced or not."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge(max=limit)
    request._receive = _counting(request._receive, limit)


def _counting(receive: Receive, limit: int) -> Receive:
    total = 0

    async def receive_bounded() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise TooLarge(max=limit)
        return message

    return receive_bounded
