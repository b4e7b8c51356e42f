"""Routes of the API: each declares its permission, is refused early, and answers errors as problem+json.

    router = Router(prefix="/api/v1/campaigns", tags=["Campaigns"])

    @router.post("", permission=Permission.CAMPAIGNS_CREATE, status_code=201)
    async def create_campaign(ctx: Caller, session: Session, body: CampaignDraft) -> Campaign: ...

A POST with status 201 takes an `Idempotency-Key` by itself (`idempotent=` says otherwise). A returned model is written
straight to JSON, with an `ETag` when it has a `version`. A handler that returns a Response sets headers itself.
"""

from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from time import perf_counter
from typing import Any, get_type_hints
from uuid import UUID

from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http import bodies, idempotent, origin
from enterprise_app.http.access import GIVEN, PUBLIC, SESSION, Access, keeping, open_session
from enterprise_app.http.answers import write_json
from enterprise_app.http.problems import problem_of
from enterprise_app.http.quick import Quick

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

PERMISSION_KEY = "x-permission"
IDEMPOTENT_KEY = "x-idempotent"
BODY_LIMIT_KEY = "x-body-limit"
DEFAULT_BODY_LIMIT = 1024 * 1024
_REQUEST = "_atrium_request"


def _responding(
    endpoint: Callable[..., Awaitable[Any]], status: int, given: dict[str, str]
) -> Callable[..., Awaitable[Any]]:
    """The endpoint with models already written: FastAPI would validate and copy them once more.

    `given` are the parameters that the route knows already, by their name in `request.state` (see `_take_over`).
    """

    @wraps(endpoint)
    async def respond(**kwargs: Any) -> Any:
        if given:
            state = kwargs.pop(_REQUEST).state
            for name, known in given.items():
                kwargs[name] = getattr(state, known)
        result = await endpoint(**kwargs)
        if isinstance(result, BaseModel):
            return write_json(result, status)
        return Response(status_code=status) if result is None and status == 204 else result

    return respond


class AtriumRoute(APIRoute):
    """A route with an access; everything that happens before and after its handler is here, in order."""

    access: Access
    quick: Quick | None = None
    """What may answer in front of the framework (`http/quick.py`)."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra = options.get("openapi_extra") or {}
        declared = extra.get(PERMISSION_KEY)
        if declared is None:
            raise TypeError(f"the route {path} declares neither a permission nor PUBLIC")
        self.access = PUBLIC if declared == PUBLIC else Permission(declared)
        self.idempotent = bool(extra.get(IDEMPOTENT_KEY))
        self.body_limit = int(extra.get(BODY_LIMIT_KEY, DEFAULT_BODY_LIMIT))
        self._given: dict[str, str] = {}
        super().__init__(path, _responding(endpoint, options.get("status_code") or 200, self._given), **options)

    def _take_over(self) -> None:
        """Fill in `Caller` and `Session` ourselves: FastAPI resolves each as slowly as a whole route."""
        dependant = self.dependant
        ours = {d.name: GIVEN[d.call] for d in dependant.dependencies if d.name and d.call in GIVEN}
        if ours and dependant.request_param_name is None:
            self._given.update(ours)
            dependant.request_param_name = _REQUEST
            dependant.dependencies = [d for d in dependant.dependencies if d.name not in ours]

    def get_route_handler(self) -> Handler:
        """FastAPI's handler inside ours."""
        self._take_over()
        needs_session = SESSION in self._given.values() or any(
            d.call is open_session for d in self.dependant.dependencies
        )
        answer = self._plain_handler() or super().get_route_handler()

        async def handle(request: Request) -> Response:
            begun = perf_counter()
            try:
                ctx = await self._admit(request)
                await bodies.accept(request, self)
                response = await self._work(request, ctx, answer, needs_session)
            except Exception as error:  # the last resort turns what it does not know into a logged 500
                response = idempotent.refused(error) or problem_of(request, error)
            if headers := getattr(request.state, "answer_headers", None):
                response.headers.update(headers)
            if on_answer := getattr(request.state, "on_answer", None):
                on_answer(self.path_format, response.status_code, perf_counter() - begun)
            return response

        return handle

    def _plain_handler(self) -> Handler | None:
        """For an endpoint that takes nothing but the request: FastAPI has nothing to resolve, and takes its time."""
        wanted = self.dependant
        name = wanted.request_param_name
        fields = (wanted.path_params, wanted.query_params, wanted.header_params, wanted.cookie_params,
                  wanted.body_params, wanted.dependencies)  # fmt: skip
        if name is None or self._given or any(fields) or wanted.response_param_name:
            return None
        endpoint = self.endpoint

        async def answer(request: Request) -> Response:
            result = await endpoint(**{name: request})
            if not isinstance(result, Response):
                raise TypeError(f"{self.path} takes the request itself and must return a model or a response")
            return result

        return answer

    async def _admit(self, request: Request) -> Context | None:
        """The early refusals: nobody known, not allowed, too many calls."""
        if self.access == PUBLIC:
            return None
        origin.check(request)
        state = request.app.state
        ctx: Context = await state.edge.caller(request)
        request.state.ctx = ctx
        if self.access not in ctx.permissions:
            raise Forbidden(permission=str(self.access))
        if state.gate is not None:
            await state.gate.admit(request, ctx)
        return ctx

    async def _work(self, request: Request, ctx: Context | None, answer: Handler, needs_session: bool) -> Response:
        """Run the handler, in one transaction with its session and its idempotency key where it has them."""
        key = idempotent.key_of(request) if self.idempotent else None
        if key is None and not (needs_session and ctx):
            return await answer(request)
        acting: Context = ctx or await request.app.state.edge.visitor(request)
        async with tenant_session(acting) as session:
            request.state.session = session
            if key is None:
                return await answer(request)
            if any(d.call is keeping for d in self.dependant.dependencies):
                return await idempotent.once_apart(
                    session, request, acting, key, self.status_code or 200, lambda: answer(request)
                )
            return await idempotent.once(session, request, acting, key, lambda: answer(request))


class Router(APIRouter):
    """A router whose routes cannot be declared without `permission=` (a Permission, or PUBLIC)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=AtriumRoute, **options)

    def get(self, path: str, *, permission: Access, **options: Any) -> Any:  # pyright: ignore
        """A reading route."""
        return self._declare("GET", path, permission, options)

    def head(self, path: str, *, permission: Access, **options: Any) -> Any:  # pyright: ignore
        """What a reading route would answer, without its body."""
        return self._declare("HEAD", path, permission, options)

    def post(self, path: str, *, permission: Access, idempotent: bool | None = None, **options: Any) -> Any:  # pyright: ignore
        """A creating (201) or acting route; `idempotent` defaults to whether it creates."""
        creates = options.get("status_code") == 201 if idempotent is None else idempotent
        return self._declare("POST", path, permission, options, creates)

    def put(self, path: str, *, permission: Access, **options: Any) -> Any:  # pyright: ignore
        """A replacing route."""
        return self._declare("PUT", path, permission, options)

    def patch(self, path: str, *, permission: Access, **options: Any) -> Any:  # pyright: ignore
        """A changing route."""
        return self._declare("PATCH", path, permission, options)

    def delete(self, path: str, *, permission: Access, **options: Any) -> Any:  # pyright: ignore
        """A removing route."""
        return self._declare("DELETE", path, permission, options)

    def _declare(
        self, method: str, path: str, permission: Access, options: dict[str, Any], idempotent: bool = False
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        extra = dict(options.pop("openapi_extra", None) or {}) | {PERMISSION_KEY: str(permission)}
        if idempotent:
            extra[IDEMPOTENT_KEY] = True
        if "body_limit" in options:
            extra[BODY_LIMIT_KEY] = options.pop("body_limit")
        quick: Quick | None = options.pop("quick", None)
        if quick and permission != PUBLIC:
            raise TypeError(f"the route {path} needs a permission: nothing may answer before its caller is known")

        def declare(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            place = _typed_path(path, endpoint)
            declared = self.api_route(place, methods=[method], openapi_extra=extra, **options)(endpoint)
            if quick:
                route = self.routes[-1]
                assert isinstance(route, AtriumRoute)
                route.quick = quick
            return declared

        return declare


def _typed_path(path: str, endpoint: Callable[..., Any]) -> str:
    """Ids match only as ids: `/campaigns/board` must never be taken for the campaign named board."""
    for name, kind in get_type_hints(endpoint).items():
        if kind is UUID:
            path = path.replace(f"{{{name}}}", f"{{{name}:uuid}}")
    return path
