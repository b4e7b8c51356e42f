"""A connection that is lost in the middle of a transaction hides nothing: what failed first is what is raised."""

import psycopg
import pytest
import sqlalchemy as sa

from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from tests.factories import make_context


async def test_the_first_failure_is_told(committed_db: DatabaseUrls) -> None:
    with pytest.raises(ValueError, match="first"):
        await _fail_on_a_lost_connection(committed_db)


async def _fail_on_a_lost_connection(urls: DatabaseUrls) -> None:
    async with tenant_session(make_context()) as session:
        await session.execute(sa.text("SELECT 1"))
        with psycopg.connect(urls.direct_admin, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'atrium_app'")
        raise ValueError("first")
