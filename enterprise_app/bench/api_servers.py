"""The servers that benchmarks compare: ours, and bare FastAPI that does the same, or nothing, with the request."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.requests import Request

from enterprise_app.core import crypto, db, events, startup
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.manifest import Domain

POOL = 10


def _urls() -> DatabaseUrls:
    return DatabaseUrls.derive(
        os.environ["BENCH_ADMIN"], None, os.environ["BENCH_SECRET"], database=os.environ["BENCH_DATABASE"]
    )


def atrium() -> FastAPI:
    """Our API: edge, permission, call counting, row-level security."""
    from enterprise_app.domains.campaigns.manifest import DOMAIN

    return _ours(DOMAIN)


def tracking() -> FastAPI:
    """Our tracking API."""
    from enterprise_app.domains.analytics.manifest import DOMAIN

    return _ours(DOMAIN)


def flags() -> FastAPI:
    """Our flags by OFREP."""
    from enterprise_app.domains.experiments.manifest import DOMAIN

    return _ours(DOMAIN)


def empty() -> FastAPI:
    """The same addresses for messages and flags, which read the body and do nothing."""
    api = FastAPI()

    @api.post("/ofrep/v1/evaluate/flags")
    async def evaluate(request: Request) -> dict[str, list[str]]:
        await request.json()
        return {"flags": []}

    @api.post("/v1/batch")
    async def take(request: Request) -> dict[str, bool]:
        await request.json()
        return {"success": True}

    return api


def _ours(domain: Domain) -> FastAPI:
    from enterprise_app.domains.metering import service as metering
    from enterprise_app.edge import Edge
    from enterprise_app.http.app import create_api
    from enterprise_app.http.gate import CallGate

    crypto.configure(os.environ["BENCH_SECRET"])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        db.configure(_urls(), pool_size=POOL)
        events.register([domain])
        startup.settle()
        yield
        await db.dispose()

    return create_api([domain], Edge(), gate=CallGate(metering.api_calls), lifespan=lifespan)


class BareBudget(BaseModel):
    amount_minor: int
    currency: str


class BareCampaign(BaseModel):
    id: UUID
    name: str
    objective: str
    description: str
    status: str
    budget: BareBudget | None
    starts_on: date | None
    ends_on: date | None
    channels: list[str]
    tags: list[str]
    owner_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class BarePage(BaseModel):
    items: list[BareCampaign]
    next_cursor: str | None = None
    total: int | None = None


_SELECT = sa.text(
    "SELECT id, name, objective, description, status, budget_minor, budget_currency, starts_on, ends_on, channels, "
    "tags, owner_id, version, created_at, updated_at, archived_at FROM campaigns "
    "WHERE tenant_id = :tenant AND archived_at IS NULL ORDER BY created_at DESC, id DESC LIMIT :limit"
)


def bare() -> FastAPI:
    """What a service without any of it would be: one route, one statement, one response model."""
    api = FastAPI()
    tenant = UUID(os.environ["BENCH_TENANT"])
    url = _urls().system.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)

    @api.get("/api/v1/campaigns")
    async def list_campaigns(limit: int = 50) -> BarePage:
        async with engine.begin() as connection:
            rows = (await connection.execute(_SELECT, {"tenant": tenant, "limit": limit + 1})).all()
        return BarePage(items=[_campaign(row._mapping) for row in rows[:limit]])

    return api


def _campaign(row: Any) -> BareCampaign:
    budget = (
        BareBudget(amount_minor=row["budget_minor"], currency=row["budget_currency"]) if row["budget_minor"] else None
    )
    return BareCampaign(**row, budget=budget)
