"""The domain's routes without the rest of the platform: the caller is whoever the test says."""

import httpx
from starlette.requests import Request

from enterprise_app.core.context import Context
from enterprise_app.domains.analytics.manifest import DOMAIN
from enterprise_app.http.app import create_api


class OneCaller:
    """An edge that knows one caller."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    async def caller(self, request: Request) -> Context:
        return self.ctx

    async def visitor(self, request: Request) -> Context:
        return self.ctx


def client_of(ctx: Context) -> httpx.AsyncClient:
    """A client whose calls come from `ctx`."""
    transport = httpx.ASGITransport(create_api([DOMAIN], OneCaller(ctx)))
    return httpx.AsyncClient(transport=transport, base_url="http://acme.atrium.localhost")
