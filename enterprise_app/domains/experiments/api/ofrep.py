"""The OpenFeature Remote Evaluation Protocol: what stock OpenFeature clients ask for flags.

Answers and refusals have the shapes of its OpenAPI document (github.com/open-feature/protocol,
service/openapi.yaml). Not counted as API calls: they have a pace of their own (service/pacing.py).
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, Unauthenticated
from enterprise_app.core.texts import translate
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.routing import Router

from .. import service
from ..errors import ContextRefused
from ..rules.evaluating import Answer, Failure
from ..vocabulary import FlagError
from .ofrep_document import BULK, SINGLE

ofrep = Router(prefix="/ofrep/v1/evaluate/flags", tags=["OpenFeature (OFREP)"])

WRITE_KEY = "atw_"
MAX_BODY = 256 * 1024
_JSON = "application/json"

log = structlog.get_logger(__name__)


class _Unreadable(Exception):
    """A body that is no evaluation request: OFREP's code for it, and what is wrong."""

    def __init__(self, code: FlagError, details: str) -> None:
        super().__init__(details)
        self.code, self.details = code, details


@ofrep.post("", permission=PUBLIC, body_limit=MAX_BODY, **BULK)
async def evaluate_flags(request: Request) -> Response:
    try:
        ctx, asked = await _caller(request), _context_of(await request.body())
        answers = await service.evaluate_flags(ctx, asked)
    except Exception as error:
        return _refusal(error, {})
    body = b'{"flags":[' + b",".join(_written(answers)) + b"]}"
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    if _is_known(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers={"etag": etag})
    return Response(body, headers={"etag": etag}, media_type=_JSON)


@ofrep.post("/{key}", permission=PUBLIC, body_limit=MAX_BODY, **SINGLE)
async def evaluate_flag(request: Request) -> Response:
    key = request.path_params["key"]
    try:
        ctx, asked = await _caller(request), _context_of(await request.body())
        answer = await service.evaluate_flag(ctx, key, asked)
    except Exception as error:
        return _refusal(error, {"key": key})
    if isinstance(answer, Failure):
        return _told(_failed(answer), 404 if answer.code is FlagError.FLAG_NOT_FOUND else 400)
    return Response(answer.to_json(), media_type=_JSON)


async def _caller(request: Request) -> Context:
    """Who asks, if not too fast. Raises Unauthenticated, Forbidden, RateLimited."""
    ctx = await _known(request)
    await service.admit_call(ctx)
    return ctx


async def _known(request: Request) -> Context:
    """By a source's write key or by a credential of the API. Cookies don't count."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":  # the providers' own examples put a bare key there
        bearer = scheme if scheme.startswith(WRITE_KEY) else ""
    key = bearer.strip() or request.headers.get("x-api-key", "").strip()
    if key.startswith(WRITE_KEY):
        owner = await analytics.recognise(key, request.headers.get("origin"))
        return service.caller_of(owner, request.client and request.client.host)
    if not key:
        raise Unauthenticated
    return await request.app.state.edge.caller(request)


def _context_of(body: bytes) -> Mapping[str, Any]:
    try:
        sent = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError as error:
        raise _Unreadable(FlagError.PARSE_ERROR, f"the body is no JSON: {error}") from None
    if not isinstance(sent, dict):
        raise _Unreadable(FlagError.PARSE_ERROR, "the body is no JSON object")
    context = sent.get("context")
    if context is None:
        return {}
    if not isinstance(context, dict):
        raise _Unreadable(FlagError.INVALID_CONTEXT, "context is no object")
    return context


def _written(answers: Iterable[Answer | Failure]) -> list[bytes]:
    return [orjson.dumps(_failed(a)) if isinstance(a, Failure) else a.to_json() for a in answers]


def _failed(failure: Failure) -> dict[str, str]:
    return {"key": failure.key, "errorCode": failure.code.value, "errorDetails": failure.details}


def _is_known(sent: str | None, etag: str) -> bool:
    """By RFC 9110, 13.1.2: weak comparison with any of a list."""
    if not sent:
        return False
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in sent.split(","))


def _refusal(error: Exception, about: dict[str, str]) -> Response:
    """400 says what is wrong with the request; the rest only that, as the protocol has it."""
    if isinstance(error, _Unreadable):
        return _told(about | {"errorCode": error.code.value, "errorDetails": error.details}, 400)
    if not isinstance(error, AtriumError):
        log.error("ofrep.failed", exc_info=error)
        error = AtriumError("internal")
    if error.status == 413:  # nothing of the protocol's: as everywhere else
        raise error
    details = translate("en", f"errors.{error.code}", **error.params)
    if isinstance(error, ContextRefused):
        return _told(about | {"errorCode": FlagError.INVALID_CONTEXT.value, "errorDetails": details}, 400)
    headers = {"www-authenticate": "Bearer"} if error.status == 401 else {}
    if (seconds := error.params.get("retry_after")) is not None:
        headers["retry-after"] = str(max(1, int(seconds)))
    return _told({"errorDetails": details}, error.status, headers)


def _told(content: dict[str, str], status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, headers, media_type=_JSON)
