"""Word-prefix search: any script, all words, exact first, no other tenant's; fast on a million rows through RLS."""

import time
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import search
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.db_urls import DatabaseUrls
from enterprise_app.core.ids import new_id
from tests.factories import make_context
from tests.joined import JoinedSource


async def _add(ctx: Context, text: str, kind: str = "campaign") -> UUID:
    entity = new_id()
    async with tenant_session(ctx) as session:
        await search.index(session, ctx.tenant_id, kind, entity, text)
    return entity


async def _find(ctx: Context, q: str, kind: str = "campaign") -> list[UUID]:
    async with tenant_session(ctx) as session:
        return await search.find(session, kind, q)


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("Spring Sale", "spr"),
        ("Spring Sale", "SALE"),
        ("Spring Sale", "sal spr"),
        ("Köln Straßenfest", "koln"),
        ("Köln Straßenfest", "STRASSEN"),
        ("حَمْلَة الرَّبيع", "حملة"),
        ("Кампания весны", "весн"),
        ("春 セール", "セー"),
        ("summer_launch-2026 (beta)", "launch"),
        ("summer_launch-2026 (beta)", "2026"),
        ("a@example.com", "example"),
        ("x" * 100, "x" * 80),
    ],
)
async def test_found(db: JoinedSource, text: str, q: str) -> None:
    ctx = make_context()
    entity = await _add(ctx, text)
    await _add(ctx, "something else")
    assert await _find(ctx, q) == [entity]
    assert await _find(make_context(), q) == [], "another tenant"
    assert await _find(ctx, q, kind="member") == []


async def test_not_found(db: JoinedSource) -> None:
    ctx = make_context()
    await _add(ctx, "Spring Sale")
    for q in ("ring", "spring winter", "", "  %_ ", "sale%"):
        expected = 1 if search.words(q) == ["sale"] else 0
        assert len(await _find(ctx, q)) == expected, q


async def test_exact_words_come_first_and_each_entity_once(db: JoinedSource) -> None:
    ctx = make_context()
    longer, exact = await _add(ctx, "Annabel annabelle anna-lena"), await _add(ctx, "Ann")
    assert await _find(ctx, "ann") == [exact, longer]


async def test_indexed_again_and_forgotten(db: JoinedSource) -> None:
    ctx = make_context()
    entity = await _add(ctx, "old name")
    async with tenant_session(ctx) as session:
        await search.index(session, ctx.tenant_id, "campaign", entity, "new name")
    assert await _find(ctx, "old") == []
    assert await _find(ctx, "new") == [entity]
    async with tenant_session(ctx) as session:
        condition = search.matching(sa.column("id", sa.Uuid), "campaign", "new na")
        ids = sa.table("search_terms", sa.column("id", sa.Uuid))
        assert set(await session.scalars(sa.select(ids.c.id).where(condition))) == {entity}
        await search.forget(session, ctx.tenant_id, "campaign", [entity])
    assert await _find(ctx, "new") == []


@pytest.mark.slow
async def test_a_million_rows(committed_db: DatabaseUrls) -> None:
    """p95 < 50 ms through the app's role, for rare and common, one and two words."""
    ctx, other = make_context(), make_context()
    with psycopg.connect(committed_db.direct_owner, autocommit=True) as owner:
        for tenant, count in ((ctx.tenant_id, 250_000), (other.tenant_id, 83_000)):
            owner.execute(
                """
                INSERT INTO search_terms (tenant_id, kind, term, id)
                SELECT %s, 'campaign', term, id FROM (
                    SELECT md5(n::text) AS rare, 'sale' AS common, 'q' || (n %% 50) AS tag, gen_random_uuid() AS id
                    FROM generate_series(1, %s) n
                ) e, LATERAL unnest(ARRAY[rare, common, tag]) AS term
                """,
                [tenant, count],
            )
        owner.execute("VACUUM ANALYZE search_terms")
    rare = ["ab1", "c4ca4238", "sale c4ca", "zzz", "eccbc87e4b", "sale c81e728d", "q7 ab", "a87f"]
    common = ["a", "sale", "q7", "sale q7", "sa q", "q1 ab", "c4 sale"]
    async with tenant_session(ctx) as session:
        assert len(await search.find(session, "campaign", "sale c4ca4238a0")) == 1
        times = sorted([(await _best_of_five(session, q), q) for q in rare + common])
    print(times)
    assert times[int(len(times) * 0.95)][0] < 50, times


async def _best_of_five(session: AsyncSession, q: str) -> float:
    """Milliseconds; the best, because other tests may run at the same time."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        await search.find(session, "campaign", q, limit=50)
        times.append((time.perf_counter() - started) * 1000)
    return round(min(times), 1)
