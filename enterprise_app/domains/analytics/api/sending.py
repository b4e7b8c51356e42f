"""What all tracking calls share: whose key it is, what the request says of its sender, and handing messages over."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.texts import negotiate
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.api.bodies import read_body
from enterprise_app.domains.analytics.errors import BodyUnreadable
from enterprise_app.domains.analytics.rules.jsontext import read_json
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.rules.writekeys import PREFIX
from enterprise_app.domains.analytics.schemas import IngestResult
from enterprise_app.domains.analytics.service import KeyOwner

KEY_HEADER = "x-write-key"


class _Queued(msgspec.Struct, gc=False):
    """A Verdict on a message that is kept."""

    index: int
    message_id: str | None
    status: str = "queued"


class _Kept(msgspec.Struct, gc=False, kw_only=True):
    """An IngestResult of messages that are all kept."""

    success: bool = True
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    dropped: int = 0
    queued: int
    results: list[_Queued]


_write = msgspec.json.Encoder().encode


async def body_of(request: Request) -> dict[str, Any]:
    """The object that the body holds, whatever its content type says. Raises BodyUnreadable and TooLarge."""
    try:
        body = read_json(await read_body(request))
    except Rejected as problem:
        told = ", ".join(f"{name}: {value}" for name, value in problem.params.items())
        raise BodyUnreadable(problem=f"{problem.code} {told}".strip()) from None
    if not isinstance(body, dict):
        raise BodyUnreadable(problem="not an object")
    return body


async def take(
    request: Request, body: dict[str, Any], messages: Sequence[Any], *, sent_at: Any = None, kind: str | None = None
) -> IngestResult:
    """Store the messages of a request for the source whose key came with it."""
    return await hand_over(request, await owner_of(request, body, messages), messages, sent_at=sent_at, kind=kind)


async def queue(request: Request) -> Response | None:
    """Keep a batch to be stored later when its source is in a rush; None when it has to be taken now.

    Raises what `authenticate` raises, once the key is in the headers, and what `keep_batch` and `read_body` raise.
    """
    key = next((key for key in _given_in_headers(request) if key and key.startswith(PREFIX)), None)
    if key is None:
        return None
    owner = await service.authenticate(key, request.headers.get("origin"))
    if not service.is_rush(owner):
        return None
    ids = await service.keep_batch(
        owner,
        await read_body(request),
        ip=request.client.host if request.client else None,
        agent=agent_of(request),
        do_not_track=asks_not_to_be_tracked(request),
    )
    return None if ids is None else _queued(ids)


def _queued(ids: list[str | None]) -> Response:
    """An IngestResult, written straight: models for messages of which nothing is known take longer than checking."""
    kept = _Kept(queued=len(ids), results=list(map(_Queued, range(len(ids)), ids)))
    return Response(_write(kept), 202, media_type="application/json")


async def owner_of(request: Request, body: dict[str, Any], messages: Sequence[Any]) -> KeyOwner:
    """Whose key it is. Raises what `authenticate` raises."""
    return await service.authenticate(_write_key(request, body, messages), request.headers.get("origin"))


async def hand_over(
    request: Request, owner: KeyOwner, messages: Sequence[Any], *, sent_at: Any = None, kind: str | None = None
) -> IngestResult:
    """Store the messages, read against what the request says of its sender."""
    return await service.take_messages(
        owner,
        messages,
        type_hint=kind,
        sent_at=sent_at,
        ip=request.client.host if request.client else None,
        agent=agent_of(request),
        do_not_track=asks_not_to_be_tracked(request),
        locale=negotiate("", request.headers.get("accept-language", "")),
    )


def agent_of(request: Request) -> str | None:
    """A browser's own user agent; a server's library names itself, which says nothing about the visitor."""
    agent = request.headers.get("user-agent", "")
    return agent if agent.startswith(("Mozilla/", "Opera/")) else None


def asks_not_to_be_tracked(request: Request) -> bool:
    """Do Not Track, or Global Privacy Control, which https://www.w3.org/TR/gpc/ made of it."""
    headers = request.headers
    return headers.get("sec-gpc") == "1" or headers.get("dnt") == "1"


def _write_key(request: Request, body: dict[str, Any], messages: Sequence[Any]) -> str | None:
    """The first that looks like a key, else the first of anything: a token for something else is none of ours."""
    told = [body.get("writeKey"), messages[0].get("writeKey") if messages and isinstance(messages[0], dict) else None]
    given = [key for key in (*_given_in_headers(request), *told) if isinstance(key, str) and key]
    return next((key for key in given if key.startswith(PREFIX)), given[0] if given else None)


def _given_in_headers(request: Request) -> Iterator[str | None]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        yield _user_name(value)
    elif scheme.lower() == "bearer":
        yield value.strip()
    yield request.headers.get(KEY_HEADER)


def _user_name(credentials: str) -> str | None:
    try:
        return base64.b64decode(credentials, validate=True).decode("latin-1").partition(":")[0]
    except (binascii.Error, ValueError):
        return None
