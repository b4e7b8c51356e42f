"""The API application: the domains' routes, problem+json for everything else, and its own documentation."""

from collections.abc import Sequence
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError
from enterprise_app.core.manifest import Domain
from enterprise_app.http import docs_page
from enterprise_app.http.access import Edge
from enterprise_app.http.middleware import RequestIds
from enterprise_app.http.openapi import document
from enterprise_app.http.problems import problem_of
from enterprise_app.http.quick import QuickAnswers
from enterprise_app.http.routing import AtriumRoute

OPENAPI_URL = "/api/openapi.json"
DOCS_URL = "/api/docs"


class Gate(Protocol):
    """What counts and limits the calls of a tenant, after its caller is known and allowed."""

    async def admit(self, request: Request, ctx: Context) -> None:
        """Count the call; raises RateLimited or QuotaExceeded; may set `request.state.answer_headers`."""
        ...


def create_api(domains: Sequence[Domain], edge: Edge, *, gate: Gate | None = None, lifespan: Any = None) -> FastAPI:
    """The ASGI application of all routes of `domains`; the composition root gives what points upwards."""
    api = FastAPI(
        title="Atrium",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse, AtriumError: _refuse},
    )
    api.state.edge, api.state.gate = edge, gate
    for domain in domains:
        for router in domain.routers:
            api.router.routes.extend(router.routes)
    # Every request tries the routes in their order: events and flags come more often than anything else.
    api.router.routes.sort(key=lambda route: not getattr(route, "path", "").startswith(("/v1/", "/ofrep/")))
    api.openapi = lambda: document(api)  # pyright: ignore[reportAttributeAccessIssue]
    docs_page.mount(api, docs_url=DOCS_URL, openapi_url=OPENAPI_URL)
    if quick := [route for route in api.router.routes if isinstance(route, AtriumRoute) and route.quick]:
        api.add_middleware(QuickAnswers, routes=quick)
    api.add_middleware(GZipMiddleware, minimum_size=2048, compresslevel=4)
    api.add_middleware(RequestIds)
    return api


async def _refuse(request: Request, error: Exception) -> Response:
    response = problem_of(request, error)
    if response.status_code == 405:
        response.headers["allow"] = ", ".join(_methods(request))
    return response


def _methods(request: Request) -> list[str]:
    """All methods of the address: each is a route of its own, and the one that refused knows only its own."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)
