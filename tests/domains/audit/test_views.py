"""Saved views: one's own only, named once, few, and nothing in them but the page's filters."""

import asyncio
from dataclasses import replace

import pytest

from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Forbidden, Invalid, NotFound, ReadOnly
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.audit import service
from enterprise_app.domains.audit.rules.views import read_query, write_query
from enterprise_app.domains.audit.schemas import SavedView, SavedViewDraft
from tests.factories import make_context

QUERY = "verb=sign_in&outcome=refused"


async def saved(ctx: Context, name: str = "Refusals", query: str = QUERY) -> SavedView:
    async with tenant_session(ctx) as session:
        return await service.save_view(session, ctx, SavedViewDraft(name=name, query=query))


async def names(ctx: Context) -> list[str]:
    async with tenant_session(ctx) as session:
        return [view.name for view in (await service.list_views(session, ctx)).items]


async def deleted(ctx: Context, view: SavedView) -> None:
    async with tenant_session(ctx) as session:
        await service.delete_view(session, ctx, view.id)


async def test_a_view_is_saved_listed_by_name_and_deleted(db):
    ada = make_context()
    view = await saved(ada, "  second\u00a0 view ", "end=2026-03-31&actor=Ada%20%26%20co&start=")
    assert (view.name, view.query) == ("second view", "actor=Ada+%26+co&end=2026-03-31")
    await saved(ada, "First")
    assert await names(ada) == ["First", "second view"]
    await deleted(ada, view)
    assert await names(ada) == ["First"]
    with pytest.raises(NotFound):
        await deleted(ada, view)


async def test_another_members_views_are_not_there(db):
    ada = make_context()
    grace = make_context(ada.tenant_id, name="Grace")
    view = await saved(ada)
    assert await names(grace) == []
    with pytest.raises(NotFound):
        await deleted(grace, view)
    await saved(grace)
    assert await names(ada) == await names(grace) == ["Refusals"]


async def test_another_tenants_views_are_not_there(db):
    ada = make_context()
    view = await saved(ada)
    elsewhere = replace(make_context(), actor=ada.actor)
    assert await names(elsewhere) == []
    with pytest.raises(NotFound):
        await deleted(elsewhere, view)
    assert await names(ada) == ["Refusals"]


@pytest.mark.parametrize("name", ["Refusals", "refusals", " REFUSALS  "])
async def test_a_name_is_taken_once(db, name):
    ada = make_context()
    await saved(ada)
    with pytest.raises(Invalid) as refused:
        await saved(ada, name)
    assert [(p.field, p.code) for p in refused.value.problems] == [("name", "view_name_taken")]


async def test_there_are_at_most_fifty(db):
    ada = make_context()
    views = [await saved(ada, f"View {number}") for number in range(service.MAX_VIEWS)]
    with pytest.raises(Conflict) as refused:
        await saved(ada, "One more")
    assert (refused.value.code, refused.value.params) == ("views_full", {"max": 50})
    await deleted(ada, views[0])
    await saved(ada, "One more")


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "required"), (" \u00a0", "required"), ("x" * 101, "too_long"), ("a\nb", "control_characters"),
     ("a\u202eb", "control_characters"), ("a\x00", "control_characters")],
)  # fmt: skip
async def test_names_that_cannot_be(db, name, code):
    with pytest.raises(Invalid) as refused:
        await saved(make_context(), name)
    assert [(p.field, p.code) for p in refused.value.problems] == [("name", code)]


@pytest.mark.parametrize(
    ("query", "code"),
    [("", "required"), ("?", "required"), ("actor=", "required"), ("cursor=abc", "view_query_malformed"),
     ("verb=sign_in&next=//evil.example", "view_query_malformed"), ("verb=nonsense", "view_query_malformed"),
     ("outcome=maybe", "view_query_malformed"), ("start=yesterday", "view_query_malformed"),
     ("nothing", "view_query_malformed"), ("&" * 60, "view_query_malformed"), ("actor=%00", "control_characters"),
     ("actor=" + "x" * 101, "too_long"), ("actor=" + "x" * 2000, "too_long")],
)  # fmt: skip
def test_queries_that_are_no_view(query, code):
    with pytest.raises(Invalid) as refused:
        read_query(query)
    assert [(p.field, p.code) for p in refused.value.problems] == [("query", code)]


def test_a_query_comes_back_in_the_same_order():
    text = "actor=%D9%85%D8%AA%D8%AC%D8%B1&verb=sign_in&outcome=failure&start=2026-01-01&end=2026-01-31"
    assert write_query(read_query("?" + "&".join(reversed(text.split("&"))))) == text


async def test_only_people_who_may_read_the_trail_have_views(db):
    ada = make_context()
    key = replace(ada, actor=Actor(ActorKind.API_KEY, ada.actor.id, "Nightly"))
    for ctx, code in ((make_context(ada.tenant_id, Role.MEMBER), "forbidden"), (key, "views_by_members_only")):
        for attempt in (saved, names):
            with pytest.raises(Forbidden) as refused:
                await attempt(ctx)
            assert refused.value.code == code


async def test_in_a_suspended_tenant_views_are_read_only(db):
    ada = make_context()
    view = await saved(ada)
    suspended = replace(ada, read_only=True)
    assert await names(suspended) == ["Refusals"]
    with pytest.raises(ReadOnly):
        await saved(suspended, "Another")
    with pytest.raises(ReadOnly):
        await deleted(suspended, view)


async def test_of_many_at_once_one_gets_the_name(committed_db):
    ada = make_context()
    done = await asyncio.gather(*(saved(ada) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in done].count(SavedView) == 1
    assert [type(each) for each in done].count(Invalid) == 4
    assert await names(ada) == ["Refusals"]
