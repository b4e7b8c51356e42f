"""An image that counts: for mails and pages that run no script. Always an image, whatever becomes of the event."""

import base64
import binascii
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.errors import AtriumError
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.api.sending import hand_over, owner_of
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.pixels import message_of
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.routing import Router

log = logging.getLogger(__name__)

pixels = Router(prefix="/v1", tags=["Tracking"])

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {
    "cache-control": "no-store, no-cache, must-revalidate, private",
    "cross-origin-resource-policy": "cross-origin",
    "expires": "0",
}
_DESCRIPTION = """A transparent image of 1×1, always: what is wrong with an event is told by data health only.

Either `data`, the message as JSON in base64 (with `writeKey` and `type`, as Segment's pixel takes it), or plain
parameters: `writeKey`, `type` (else `track` with an `event` and `page` without), `event`, `name`, `userId`,
`anonymousId`, `groupId`, `previousId`, `messageId`, `timestamp`; any other is a property. Without an id the visitor is
told by address and browser, for one day."""
_EXAMPLE = {
    "name": "data",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "The message as JSON in base64.",
    "example": base64.b64encode(b'{"writeKey":"atw_x","type":"track","userId":"u-5","event":"Mail opened"}').decode(),
}


async def send_pixel(request: Request) -> Response:
    try:
        await _count(request)
    except AtriumError as error:  # no key, a suspended tenant, a database that is down: an image can't say so
        log.info("analytics.pixel_refused", extra={"code": error.code})
    return Response(GIF, media_type="image/gif", headers=_HEADERS)


async def head_pixel(request: Request) -> Response:
    return Response(media_type="image/gif", headers=_HEADERS | {"content-length": str(len(GIF))})


async def _count(request: Request) -> None:
    told = _told(request)
    owner = await owner_of(request, told or {"writeKey": request.query_params.get("writeKey")}, ())
    if told is None:  # it counts as rejected for the source that it names
        await hand_over(request, owner, [request.url.query[:200]])
        return
    agent = request.headers.get("user-agent", "")
    message = message_of(
        told,
        request.path_params.get("kind"),
        referrer=request.headers.get("referer", ""),
        agent=agent,
        passer_by=service.passer_by(owner, request.client.host if request.client else "", agent),
    )
    await hand_over(request, owner, [message])


def _told(request: Request) -> dict[str, Any] | None:
    """What the query tells; None when it can't be read."""
    query: dict[str, Any] = dict(request.query_params)
    packed = query.pop("data", None)
    if packed is None:
        return query
    try:
        told = read_json(_unpacked(packed))
    except (Rejected, binascii.Error, ValueError):
        return None
    return query | told if isinstance(told, dict) else None


def _unpacked(packed: str) -> bytes:
    """Base64 of either alphabet, padded or not; a `+` that the query made a space is one again."""
    text = packed.strip().replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


for _path, _name in (("/pixel.gif", "pixel"), ("/pixel/{kind}", "pixel_kind")):
    for _declare, _handler in ((pixels.get, send_pixel), (pixels.head, head_pixel)):
        _declare(
            _path,
            permission=PUBLIC,
            summary="Count by an image",
            description=_DESCRIPTION,
            response_class=Response,
            responses={200: {"content": {"image/gif": {}}, "description": "The image."}},
            name=f"{_handler.__name__}_{_name}",
            include_in_schema=_name == "pixel" and _handler is send_pixel,
            openapi_extra={"parameters": [_EXAMPLE]},
        )(_handler)
