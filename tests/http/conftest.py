"""An API with one domain of things and the campaigns, behind an edge that reads who calls from a header."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request

from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.errors import Unauthenticated
from enterprise_app.domains.campaigns.manifest import DOMAIN as CAMPAIGNS
from enterprise_app.http.app import create_api


class HeaderEdge:
    """`Authorization: <name>` is one of the contexts that a test has put in `known`; a cookie `who` likewise."""

    def __init__(self) -> None:
        self.known: dict[str, Context] = {}

    async def caller(self, request: Request) -> Context:
        ctx = self.known.get(request.headers.get("authorization") or request.cookies.get("who", ""))
        if ctx is None:
            raise Unauthenticated
        return ctx

    async def visitor(self, request: Request) -> Context:
        return Context(PLATFORM_TENANT_ID, Actor(ActorKind.ANONYMOUS))

    def introduce(self, name: str, ctx: Context) -> UUID:
        self.known[name] = ctx
        return ctx.tenant_id


@pytest.fixture
def edge() -> HeaderEdge:
    return HeaderEdge()


@pytest_asyncio.fixture(loop_scope="session")
async def client(edge: HeaderEdge) -> AsyncIterator[httpx.AsyncClient]:
    api = create_api([CAMPAIGNS], edge)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        yield client
