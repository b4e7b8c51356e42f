"""A tenant that exists, and files to import."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.domains.analytics.service import telling, write_keys
from tests.factories import make_context
from tests.joined import JoinedSource

FIXTURES = Path(__file__).parent / "fixtures"
JOURNEYS_LOG = Path(__file__).parents[2] / "e2e" / "data" / "small_access.log"
REAL_LOG = Path(__file__).parents[4] / "shared" / "data" / "web_access.log"
"""Ten thousand lines of a real site; no part of the project, so it is counted besides where it lies."""
LOGS = [
    (JOURNEYS_LOG, (198, 2, None)),
    *([(REAL_LOG, (10_000, 0, "semicomplete.com"))] if REAL_LOG.exists() else []),
]
"""Logs with what an import of them makes: accepted, rejected, the site."""
_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES ('{id}', '{id}', '{id}', 'Acme', 'FREE')"


@pytest.fixture(autouse=True)
def fresh_caches(storage_folder: Path) -> None:
    """What a process remembers for seconds belongs to another test's database."""
    write_keys.forget_keys()
    telling._last.clear()


@pytest.fixture
async def tenant(db: JoinedSource) -> Context:
    """An owner of a fresh tenant, rolled back afterwards."""
    ctx = make_context()
    async with db.system() as session:
        await session.execute(sa.text(_TENANT.format(id=ctx.tenant_id)))
    return ctx


@pytest.fixture
async def lasting_tenant(committed_db: DatabaseUrls) -> Context:
    """An owner of a fresh tenant in a database with real commits."""
    ctx = make_context()
    from enterprise_app.core import db

    async with db._current().system() as session:
        await session.execute(sa.text(_TENANT.format(id=ctx.tenant_id)))
    return ctx


@pytest.fixture
def count() -> Callable[[Context, str], Awaitable[int]]:
    """Rows of a table as the tenant sees them."""

    async def count_rows(ctx: Context, table: str) -> int:
        async with tenant_session(ctx) as session:
            return (await session.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one()

    return count_rows
