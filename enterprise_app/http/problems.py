"""Errors as problem+json (RFC 9457): a stable `code`, a text in the caller's language, fields with problem and fix."""

from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.errors import (
    AtriumError,
    Conflict,
    FieldProblem,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PreconditionRequired,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from enterprise_app.core.texts import DEFAULT_LOCALE, has_text, negotiate, translate
from enterprise_app.http.validation import problems_in

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class BadField(BaseModel):
    """One field that cannot be taken."""

    field: str = Field(description="As you named it, dotted for nested values.", examples=["budget.amount"])
    code: str = Field(description="Stable, for programs.", examples=["too_small"])
    problem: str = Field(examples=["is less than 0"])
    fix: str | None = Field(None, examples=["Use 0 or more."])


class Problem(BaseModel):
    """An error, by RFC 9457. More members depend on the code: a quota has `limit`, `granted`, `used`, `upgrade`."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:atrium:error:invalid"])
    title: str = Field(examples=["Some fields cannot be taken"])
    status: int = Field(examples=[422])
    code: str = Field(description="Stable, for programs.", examples=["invalid"])
    detail: str | None = None
    request_id: str = Field(description="Name it when you ask for help.")
    errors: list[BadField] | None = None


_BY_STATUS: dict[int, type[AtriumError]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    428: PreconditionRequired,
    503: Unavailable,
}


def locale_of(request: Request) -> str:
    """The caller's language: a program's header says it for each call; a person's own or their tenant's comes first."""
    ctx, spoken = getattr(request.state, "ctx", None), request.headers.get("accept-language", "")
    if ctx is None or "authorization" in request.headers or "x-api-key" in request.headers:
        return negotiate("", spoken, default=(ctx and ctx.locale) or DEFAULT_LOCALE)
    return negotiate(ctx.locale, spoken)


def problem_of(request: Request, error: Exception) -> Response:
    """The answer for any exception; one that nobody expected is logged in full and told in a sentence."""
    if isinstance(error, RequestValidationError):
        error = Invalid(problems_in(error.errors()))
    if isinstance(error, HTTPException):
        return _plain(request, error)
    if not isinstance(error, AtriumError):
        log.error("request.failed", path=request.url.path, method=request.method, exc_info=error)
        error = AtriumError("internal")
    return _answer(request, error.code, error.status, error.params, _headers(error), _fields(request, error))


def _plain(request: Request, error: HTTPException) -> Response:
    """Starlette's and FastAPI's own refusals: no such route, method not allowed, a body that cannot be parsed."""
    known = _BY_STATUS.get(error.status_code)
    code = known.code if known else {405: "method_not_allowed", 400: "bad_request"}.get(error.status_code, "http_error")
    return _answer(request, code, error.status_code, {}, dict(error.headers or {}), None)


def _headers(error: AtriumError) -> dict[str, str]:
    headers = {}
    if (seconds := error.params.get("retry_after")) is not None:
        headers["retry-after"] = str(max(1, int(seconds)))
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    return headers


def _fields(request: Request, error: AtriumError) -> list[BadField] | None:
    if not isinstance(error, Invalid):
        return None
    locale = locale_of(request)
    return [_bad_field(locale, problem) for problem in error.problems]


def _bad_field(locale: str, problem: FieldProblem) -> BadField:
    key = f"errors.{problem.code}"
    fix = translate(locale, f"{key}.fix", **problem.params) if has_text(f"{key}.fix") else None
    return BadField(field=problem.field, code=problem.code, problem=translate(locale, key, **problem.params), fix=fix)


def _answer(
    request: Request,
    code: str,
    status: int,
    params: dict[str, Any],
    headers: dict[str, str],
    fields: list[BadField] | None,
) -> Response:
    locale, key = locale_of(request), f"errors.{code}"
    taken = {*Problem.model_fields, "fields"}
    extra = {name: _plain_value(value) for name, value in params.items() if name not in taken}
    problem = Problem(
        type=f"urn:atrium:error:{code}",
        title=translate(locale, key if has_text(key) else "errors.error", **params),
        status=status,
        code=code,
        detail=translate(locale, f"{key}.fix", **params) if has_text(f"{key}.fix") else None,
        request_id=getattr(request.state, "request_id", ""),
        errors=fields,
        **extra,
    )
    absent = {name for name in ("detail", "errors") if getattr(problem, name) is None}
    content = problem.model_dump_json(exclude=absent)
    return Response(content, status, headers | {"content-language": locale}, media_type=MEDIA_TYPE)


def _plain_value(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str | list) else str(value)
