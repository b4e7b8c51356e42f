"""IAM-03: every route declares a permission or `public`, and without the right it is refused."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import APIRoute
from starlette.requests import Request

from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.errors import Unauthenticated
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.app import create_api
from enterprise_app.http.routing import AtriumRoute
from enterprise_app.registry import DOMAINS


class PoorEdge:
    """Knows a member who may nothing, by any Authorization header."""

    async def caller(self, request: Request) -> Context:
        if "authorization" not in request.headers:
            raise Unauthenticated
        return Context(new_id(), Actor(ActorKind.MEMBER, new_id(), "Nobody"))

    async def visitor(self, request: Request) -> Context:
        return Context(PLATFORM_TENANT_ID, Actor(ActorKind.ANONYMOUS))


def routes() -> Iterator[APIRoute]:
    for domain in DOMAINS:
        for router in domain.routers:
            yield from router.routes


def test_every_route_declares_its_access() -> None:
    found = list(routes())
    assert found
    for route in found:
        assert isinstance(route, AtriumRoute), f"{route.path} is not declared with http.routing.Router"
        assert route.access == PUBLIC or route.access in set(Permission), route.path


@pytest.mark.asyncio(loop_scope="session")
async def test_without_the_right_every_route_refuses() -> None:
    api = create_api(DOMAINS, PoorEdge())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        for route in routes():
            if not isinstance(route, AtriumRoute) or route.access == PUBLIC:
                continue
            path = re.sub(r"\{[^}]+\}", str(new_id()), route.path)
            for method in route.methods or ():
                nobody = await client.request(method, path)
                poor = await client.request(method, path, headers={"authorization": "Bearer poor"})
                assert (nobody.status_code, poor.status_code) == (401, 403), (method, path)
                assert poor.json()["permission"] == str(route.access)
