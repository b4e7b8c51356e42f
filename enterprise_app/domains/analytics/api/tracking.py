"""The Segment HTTP tracking API: what stock clients call with a write key. Not counted as API calls."""

import base64
import binascii
from typing import Any

from starlette.requests import Request

from enterprise_app.core.texts import negotiate
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.api.bodies import MAX_BODY, read_body
from enterprise_app.domains.analytics.errors import BatchRejected, BodyUnreadable, MessageRejected
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.schemas import IngestResult
from enterprise_app.domains.analytics.vocabulary import EventType
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.routing import Router

tracking = Router(prefix="/v1", tags=["Tracking"])

_KEYS = "The write key as user name of basic authentication (no password), as bearer token, or as `writeKey`."
_EXAMPLES: dict[str, Any] = {
    "track": {"anonymousId": "a-17", "event": "Signed up", "properties": {"plan": "Starter"}},
    "page": {"anonymousId": "a-17", "name": "Pricing", "properties": {"url": "https://acme.example/pricing"}},
    "identify": {"anonymousId": "a-17", "userId": "u-5", "traits": {"email": "ada@acme.example"}},
    "screen": {"userId": "u-5", "name": "Home"},
    "group": {"userId": "u-5", "groupId": "acme", "traits": {"name": "Acme"}},
    "alias": {"previousId": "a-17", "userId": "u-5"},
}


def _message_route(kind: EventType) -> None:
    @tracking.post(
        f"/{kind.value}",
        permission=PUBLIC,
        summary=f"Send a {kind.value} message",
        description=f"One message. {_KEYS} Answered 200 means stored; a repeated `messageId` is stored once.",
        response_model=IngestResult,
        body_limit=MAX_BODY,
        openapi_extra=_body(_EXAMPLES[kind.value]),
        name=f"send_{kind.value}",
    )
    async def send(request: Request) -> IngestResult:
        body = await _body_of(request)
        result = await _take(request, body, [body], None, kind.value)
        if result.rejected:
            bad = result.results[0]
            raise MessageRejected(reason=bad.code, field=bad.field, problem=bad.problem)
        return result


def _body(example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


for _kind in (
    EventType.TRACK, EventType.PAGE, EventType.IDENTIFY, EventType.SCREEN, EventType.GROUP, EventType.ALIAS,
):  # fmt: skip
    _message_route(_kind)


@tracking.post(
    "/batch",
    permission=PUBLIC,
    summary="Send many messages",
    description=f"`batch`: up to 2,500 messages with their `type`. {_KEYS} Good ones are stored, bad ones reported.",
    response_model=IngestResult,
    body_limit=MAX_BODY,
    openapi_extra=_body({"batch": [{"type": "track", **_EXAMPLES["track"]}, {"type": "page", **_EXAMPLES["page"]}]}),
)
async def send_batch(request: Request) -> IngestResult:
    body = await _body_of(request)
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise BodyUnreadable(problem="batch: not a list")
    result = await _take(request, body, batch, body.get("sentAt"), None)
    if result.rejected and result.rejected == len(batch):
        first = result.results[0]
        raise BatchRejected(reason=first.code, field=first.field, problem=first.problem, count=len(batch))
    return result


async def _body_of(request: Request) -> dict[str, Any]:
    try:
        body = read_json(await read_body(request))
    except Rejected as problem:
        told = ", ".join(f"{name}: {value}" for name, value in problem.params.items())
        raise BodyUnreadable(problem=f"{problem.code} {told}".strip()) from None
    if not isinstance(body, dict):
        raise BodyUnreadable(problem="not an object")
    return body


async def _take(
    request: Request, body: dict[str, Any], messages: list[Any], sent_at: Any, kind: str | None
) -> IngestResult:
    owner = await service.authenticate(_write_key(request, body), request.headers.get("origin"))
    return await service.take_messages(
        owner,
        messages,
        type_hint=kind,
        sent_at=sent_at,
        ip=request.client.host if request.client else None,
        agent=_agent(request),
        locale=negotiate("", request.headers.get("accept-language", "")),
    )


def _agent(request: Request) -> str | None:
    """A browser's own user agent; a server's library names itself, which says nothing about the visitor."""
    agent = request.headers.get("user-agent", "")
    return agent if agent.startswith(("Mozilla/", "Opera/")) else None


def _write_key(request: Request, body: dict[str, Any]) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode("latin-1").partition(":")[0] or None
        except (binascii.Error, ValueError):
            return None
    if scheme.lower() == "bearer":
        return value.strip() or None
    key = body.get("writeKey")
    return key if isinstance(key, str) else None
