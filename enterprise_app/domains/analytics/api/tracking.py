"""The Segment HTTP tracking API: what stock clients call with a write key. Not counted as API calls."""

from dataclasses import asdict
from typing import Any

from starlette.requests import Request

from enterprise_app.domains.analytics.api.bodies import MAX_BODY
from enterprise_app.domains.analytics.api.sending import body_of, queue, take
from enterprise_app.domains.analytics.errors import BatchRejected, BodyUnreadable, MessageRejected
from enterprise_app.domains.analytics.schemas import IngestResult
from enterprise_app.domains.analytics.service.rushing import RATE
from enterprise_app.domains.analytics.vocabulary import EventType
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.routing import Router

tracking = Router(prefix="/v1", tags=["Tracking"])

_KEYS = (
    "The write key as user name of basic authentication (no password), as bearer token, in the header `X-Write-Key`, "
    "or as `writeKey`."
)
_CONTEXT = {
    "ip": "203.0.113.7",
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "locale": "de-DE",
    "campaign": {"source": "newsletter", "medium": "email", "name": "spring"},
}
_ORDER = {"order_id": "A-1001", "revenue": 49.9, "currency": "EUR"}
_EXAMPLES: dict[str, Any] = {
    "track": {
        "anonymousId": "a-17",
        "messageId": "0b9f7c3e-1",
        "event": "Order Completed",
        "properties": _ORDER,
        "context": _CONTEXT,
        "timestamp": "2026-03-01T09:30:00Z",
        "sentAt": "2026-03-01T09:30:02Z",
    },
    "page": {"anonymousId": "a-17", "name": "Pricing", "properties": {"url": "https://acme.example/pricing"}},
    "identify": {"anonymousId": "a-17", "userId": "u-5", "traits": {"email": "ada@acme.example"}},
    "screen": {"userId": "u-5", "name": "Home"},
    "group": {"userId": "u-5", "groupId": "acme", "traits": {"name": "Acme"}},
    "alias": {"previousId": "a-17", "userId": "u-5"},
}


def _body(example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def _message_route(kind: EventType) -> None:
    async def send(request: Request) -> IngestResult:
        body = await body_of(request)
        result = await take(request, body, [body], kind=kind.value)
        if result.rejected:
            bad = result.results[0]
            raise MessageRejected(reason=bad.code, field=bad.field, problem=bad.problem, fix=bad.fix or "")
        return result

    # The short form is what analytics.js calls.
    for path, shown in ((f"/{kind.value}", True), (f"/{kind.value[0]}", False)):
        tracking.post(
            path,
            permission=PUBLIC,
            summary=f"Send a {kind.value} message",
            description=f"One message. {_KEYS} Answered 200 means stored; a repeated `messageId` is stored once.",
            response_model=IngestResult,
            body_limit=MAX_BODY,
            openapi_extra=_body(_EXAMPLES[kind.value]),
            name=f"send_{kind.value}",
            include_in_schema=shown,
        )(send)


for _kind in (
    EventType.TRACK, EventType.PAGE, EventType.IDENTIFY, EventType.SCREEN, EventType.GROUP, EventType.ALIAS,
):  # fmt: skip
    _message_route(_kind)


async def send_batch(request: Request) -> IngestResult:
    body = await body_of(request)
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise BodyUnreadable(problem="batch: not a list")
    result = await take(request, body, _with_context(batch, body.get("context")), sent_at=body.get("sentAt"))
    if result.rejected and result.rejected == len(batch):
        first = result.results[0]
        raise BatchRejected(
            reason=first.code, field=first.field, problem=first.problem, count=len(batch),
            results=[asdict(verdict) for verdict in result.results],
        )  # fmt: skip
    return result


_BATCH = {"batch": [{"type": "track", **_EXAMPLES["track"]}, {"type": "page", **_EXAMPLES["page"]}]}
for _path in ("/batch", "/import", "/b"):
    tracking.post(
        _path,
        permission=PUBLIC,
        summary="Send many messages" if _path == "/batch" else "Send many older messages",
        description="`batch`: up to 2,500 messages with their `type`; a `context` beside it is for all of them, under "
        f"their own. {_KEYS} Good ones are stored, bad ones reported. A source that sends more than {RATE:,.0f} "
        "events a second is answered 202 when the messages are checked and safely kept; they are stored soon after.",
        response_model=IngestResult,
        responses={202: {"model": IngestResult, "description": "Kept, and soon stored"}},
        body_limit=MAX_BODY,
        quick=queue,
        openapi_extra=_body(_BATCH),
        name=f"send_{_path[1:]}",
        include_in_schema=_path != "/b",
    )(send_batch)


def _with_context(batch: list[Any], shared: Any) -> list[Any]:
    """The messages with the batch's context under their own."""
    if not isinstance(shared, dict) or not shared:
        return batch
    return [_under(message, shared) if isinstance(message, dict) else message for message in batch]


def _under(message: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    own = message.get("context")
    if own is None:
        return message | {"context": shared}
    return message | {"context": shared | own} if isinstance(own, dict) else message
