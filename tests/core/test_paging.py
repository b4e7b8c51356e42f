"""Lists: every row once whatever the order and page size; bad words are named with the fix."""

import gc
import weakref
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enterprise_app.core.db import _current, tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.paging import ListField, Listing
from tests.factories import make_context
from tests.joined import JoinedSource


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


runs = sa.table(
    "job_runs",
    sa.column("id", sa.Uuid),
    sa.column("name", sa.Text),
    sa.column("key", sa.Text),
    sa.column("done", sa.BigInteger),
    sa.column("total", sa.BigInteger),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
LISTING = Listing(
    fields={
        "name": ListField(runs.c.name, sortable=True),
        "colour": ListField(runs.c.name, Colour),
        "key": ListField(runs.c.key, nullable=True, sortable=True),
        "done": ListField(runs.c.done, int, sortable=True),
        "total": ListField(runs.c.total, int, sortable=True, nullable=True),
        "created_at": ListField(runs.c.created_at, datetime, sortable=True),
        "id": ListField(runs.c.id, UUID),
        "flag": ListField(runs.c.done, bool),
        "price": ListField(runs.c.done, Decimal),
    },
    key=runs.c.id,
)
SELECT = sa.select(runs.c.id, runs.c.name, runs.c.key, runs.c.done, runs.c.total, runs.c.created_at)
START = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """Many equal values, some nulls."""
    return [
        {
            "id": new_id(),
            "name": "abC%_"[n % 5],
            "key": None if n % 4 == 0 else f"k{n}",
            "done": n % 3,
            "total": None if n % 3 == 0 else n % 4,
            "created_at": START + timedelta(seconds=n % 7),
        }
        for n in range(40)
    ]


def _order(row: dict[str, Any], sorts: list[str]) -> tuple[Any, ...]:
    """The promised order: nulls last in both directions, ties by id in the direction of the last key."""
    keys: list[Any] = []
    for sort in [*sorts, ("-" if sorts and sorts[-1].startswith("-") else "") + "id"]:
        value = row[sort.lstrip("-")]
        keys.append((value is None, _Down(value) if sort.startswith("-") else _Up(value)))
    return tuple(keys)


class _Up:
    def __init__(self, value: Any) -> None:
        self.value = value if not isinstance(value, str) else value.encode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Up) and self.value == other.value

    def __lt__(self, other: Any) -> bool:
        return self.value is not None and self.value < other.value


class _Down(_Up):
    def __lt__(self, other: Any) -> bool:
        return self.value is not None and other.value < self.value


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["name", "key", "done", "total", "created_at"]), unique=True, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.integers(1, 50),
)
async def test_every_row_once_in_order(
    rows: list[dict[str, Any]], fields: list[str], down: list[bool], limit: int
) -> None:
    sorts = [("-" if d else "") + f for f, d in zip(fields, down, strict=False)]
    await _walk(rows, sorts, limit)


async def _walk(rows: list[dict[str, Any]], sorts: list[str], limit: int) -> None:
    ctx, seen, cursor = make_context(), [], None
    async with tenant_session(ctx) as session:
        await session.execute(
            sa.text(
                "INSERT INTO job_runs (tenant_id, id, name, key, done, total, created_at)"
                " VALUES (:tenant, :id, :name, :key, :done, :total, :created_at)"
            ),
            [{**row, "tenant": ctx.tenant_id} for row in rows],
        )
        for _ in range(len(rows) + 1):
            query = LISTING.parse(limit=limit, cursor=cursor, sort=",".join(sorts) or "created_at")
            page = await LISTING.page(session, SELECT, query, count=True)
            assert page.total == len(rows)
            assert len(page.items) <= limit
            seen += [item.id for item in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        await session.execute(sa.text("DELETE FROM job_runs"))
    expected = sorted(rows, key=lambda row: _order(row, sorts or ["created_at"]))
    assert seen == [row["id"] for row in expected]


@pytest.fixture(autouse=True)
async def _database(db: JoinedSource) -> None:
    assert _current() is db


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("name:eq:%", lambda r: r["name"] == "%"),
        ("name:contains:%", lambda r: r["name"] == "%"),
        ("name:contains:_", lambda r: r["name"] == "_"),
        ("name:contains:c", lambda r: r["name"] == "C"),
        ("name:in:a,b", lambda r: r["name"] in "ab"),
        ("total:ne:1", lambda r: r["total"] != 1),
        ("done:gte:1", lambda r: r["done"] >= 1),
        ("done:lt:1", lambda r: r["done"] < 1),
        ("created_at:gt:2026-01-31T12:00:03Z", lambda r: r["created_at"] > START + timedelta(seconds=3)),
        ("created_at:lte:2026-01-31T13:00:03+01:00", lambda r: r["created_at"] <= START + timedelta(seconds=3)),
        ("name:eq:a:b", lambda r: False),
    ],
)
async def test_filters(rows: list[dict[str, Any]], condition: str, wanted: Any) -> None:
    ctx = make_context()
    async with tenant_session(ctx) as session:
        await session.execute(
            sa.text(
                "INSERT INTO job_runs (tenant_id, id, name, key, done, total, created_at)"
                " VALUES (:tenant, :id, :name, :key, :done, :total, :created_at)"
            ),
            [{**row, "tenant": ctx.tenant_id} for row in rows],
        )
        page = await LISTING.page(session, SELECT, LISTING.parse(filters=[condition], limit=100))
        assert {item.id for item in page.items} == {row["id"] for row in rows if wanted(row)}


@pytest.mark.parametrize(
    ("words", "field", "code"),
    [
        ({"limit": 0}, "limit", "list_limit"),
        ({"limit": 201}, "limit", "list_limit"),
        ({"limit": "many"}, "limit", "list_limit"),
        ({"sort": "secret"}, "sort", "list_sort"),
        ({"sort": "id"}, "sort", "list_sort"),
        ({"sort": "name,-name"}, "sort", "list_sort"),
        ({"filters": ["secret:eq:1"]}, "filter", "list_filter_field"),
        ({"filters": ["nonsense"]}, "filter", "list_filter_field"),
        ({"filters": ["name"]}, "filter", "list_filter_operator"),
        ({"filters": ["name:lt:a"]}, "filter", "list_filter_operator"),
        ({"filters": ["done:contains:1"]}, "filter", "list_filter_operator"),
        ({"filters": ["done:eq:one"]}, "filter", "list_filter_value"),
        ({"filters": [f"done:eq:{2**63}"]}, "filter", "list_filter_value"),
        ({"filters": ["price:eq:NaN"]}, "filter", "list_filter_value"),
        ({"filters": ["price:eq:x"]}, "filter", "list_filter_value"),
        ({"filters": ["flag:eq:yes"]}, "filter", "list_filter_value"),
        ({"filters": ["colour:eq:green"]}, "filter", "list_filter_value"),
        ({"filters": ["created_at:gt:yesterday"]}, "filter", "list_filter_value"),
        ({"filters": ["id:eq:1"]}, "filter", "list_filter_value"),
        ({"filters": ["name:eq:a\0"]}, "filter", "list_filter_value"),
        ({"filters": ["name:in:"]}, "filter", "list_filter_value"),
        ({"filters": ["name:eq:a"] * 21}, "filter", "list_filters_many"),
        ({"q": "words"}, "q", "list_search_unsupported"),
        ({"cursor": "x"}, "cursor", "list_cursor"),
        ({"cursor": "ä"}, "cursor", "list_cursor"),
        ({"cursor": "bnVsbA"}, "cursor", "list_cursor"),
        ({"cursor": "W1tbW1tbW1tb" * 500}, "cursor", "list_cursor"),
    ],
)
def test_bad_words_are_named(words: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        LISTING.parse(**words)
    assert (field, code) in {(p.field, p.code) for p in caught.value.problems}


def test_all_problems_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        LISTING.parse(limit=0, sort="x", filters=["y:eq:1", "done:eq:z"])
    assert [p.field for p in caught.value.problems] == ["limit", "sort", "filter", "filter"]


@given(st.text(max_size=80))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_breaks_the_parser(text: str) -> None:
    filters = [text, f"done:eq:{text}", f"created_at:in:{text}"]
    attempts: tuple[dict[str, Any], ...] = ({"cursor": text}, {"sort": text}, {"filters": filters})
    for words in attempts:
        try:
            LISTING.parse(**words)  # pyright: ignore[reportArgumentType]
        except Invalid:
            pass


async def test_a_cursor_fits_only_its_list(rows: list[dict[str, Any]]) -> None:
    ctx = make_context()
    async with tenant_session(ctx) as session:
        await session.execute(
            sa.text("INSERT INTO job_runs (tenant_id, id, name) VALUES (:tenant, gen_random_uuid(), 'a')"),
            [{"tenant": ctx.tenant_id}] * 3,
        )
        page = await LISTING.page(session, SELECT, LISTING.parse(limit=1))
    assert page.next_cursor
    others: tuple[dict[str, Any], ...] = ({"sort": "name"}, {"filters": ["name:eq:a"]})
    for other in others:
        with pytest.raises(Invalid):
            LISTING.parse(cursor=page.next_cursor, **other)  # pyright: ignore[reportArgumentType]


def test_the_statement_of_a_first_page_is_built_once() -> None:
    kept = LISTING._statement(SELECT, LISTING.parse(limit=7, sort="name"))
    assert LISTING._statement(SELECT, LISTING.parse(limit=7, sort="name")) is kept
    others: tuple[dict[str, Any], ...] = ({"limit": 8}, {"sort": "-name"}, {"filters": ["name:eq:a"]})
    texts = {str(LISTING._statement(SELECT, LISTING.parse(**({"limit": 7, "sort": "name"} | o)))) for o in others[1:]}
    assert str(kept) not in texts
    wider = LISTING._statement(SELECT, LISTING.parse(**others[0], sort="name"))
    assert (wider.compile().params["param_1"], kept.compile().params["param_1"]) == (9, 8)


def test_kept_statements_are_bounded_and_go_with_their_select() -> None:
    own = SELECT.where(runs.c.done > 1)
    for limit in range(1, 201):
        for sort in ("name", "-name"):
            LISTING._statement(own, LISTING.parse(limit=limit, sort=sort))
    assert 0 < len(LISTING._kept[own]) <= 256
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None
