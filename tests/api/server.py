"""The whole API in a process of its own, for tests with a real client: `granian --factory tests.api.server:make`."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import FastAPI
from starlette.requests import Request

from enterprise_app.core import crypto, db, events, storage
from enterprise_app.core.context import Context
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.settings import get_settings
from enterprise_app.core.vocabulary.entitlements import Limit
from enterprise_app.domains.metering import service as metering
from enterprise_app.edge import Edge
from enterprise_app.http.app import create_api
from enterprise_app.http.gate import CallGate
from enterprise_app.registry import DOMAINS


class LimitedEdge(Edge):
    """Contexts as ever, their plan overridden with the limits of TEST_LIMITS (JSON)."""

    async def caller(self, request: Request) -> Context:
        """The context with its own plan, or with the overrides."""
        ctx = await super().caller(request)
        limits = {Limit(name): n for name, n in json.loads(os.environ.get("TEST_LIMITS", "{}")).items()}
        return ctx.with_entitlements(replace(ctx.entitlements, limits={**ctx.entitlements.limits, **limits}))


def make() -> FastAPI:
    """The API as the web process has it, without pages."""
    secret = os.environ["TEST_SECRET"]
    urls = DatabaseUrls.derive(os.environ["TEST_ADMIN"], None, secret, database=os.environ["TEST_DATABASE"])

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        crypto.configure(secret)
        db.configure(urls)
        storage.configure(storage.LocalStorage(get_settings().data_dir / "files"))
        events.register(DOMAINS)
        yield
        await db.dispose()

    return create_api(DOMAINS, LimitedEdge(), gate=CallGate(metering.api_calls), lifespan=running)
