"""Answers before the framework: for routes that are called so often that finding them costs more than answering.

A public route may name a quick answer beside its handler (`Router.post(…, quick=…)`). It gets the request first, with
its body bounded as the route would, and answers it or says None: then the request goes the whole way, as if nothing had
been. It raises what the handler would raise for the same request; errors look the same either way.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from enterprise_app.http import bodies
from enterprise_app.http.problems import problem_of

if TYPE_CHECKING:
    from enterprise_app.http.routing import AtriumRoute

Quick = Callable[[Request], Awaitable[Response | None]]


class QuickAnswers:
    """Innermost of the middlewares: request ids and packing are outside, where they are for all routes."""

    def __init__(self, app: ASGIApp, routes: "Iterable[AtriumRoute]") -> None:
        self.app = app
        self._routes: Mapping[tuple[str, str], AtriumRoute] = {
            (method, route.path): route for route in routes for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None or route.quick is None:
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        try:
            await bodies.accept(request, route)
            response = await route.quick(request)
        except Exception as error:  # as the route does
            response = problem_of(request, error)
        if response is None:
            body: bytes | None = getattr(request, "_body", None)
            await self.app(scope, receive if body is None else _again(body, receive), send)
        else:
            await response(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read once more, then what came after it."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
