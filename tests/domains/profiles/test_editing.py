"""People by form and API: created, changed, moved from stage to stage, put away; found, filtered, in pages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, Invalid, NotFound, VersionConflict
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import Profile, ProfileChange
from enterprise_app.domains.profiles.vocabulary import Origin, ProfileAction, Stage
from tests.domains.profiles.people import create, everybody, fold, identify, person, seen
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def update(ctx: Context, profile: Profile, version: int, **traits: Any) -> Profile:
    async with tenant_session(ctx) as session:
        return await service.update_profile(session, ctx, profile.id, version, ProfileChange(traits=traits))


async def column(ctx: Context, statement: str) -> list[object]:
    async with tenant_session(ctx) as session:
        return list((await session.execute(sa.text(statement))).scalars())


async def test_create_and_read() -> None:
    ctx = make_context()
    made = await create(ctx, "user-1", firstName="Ada", lastName="Lovelace", email="Ada@Example.com")
    async with tenant_session(ctx) as session:
        read = await service.get_profile(session, ctx, made.id)
    assert read == made
    assert (read.name, read.email, read.stage, read.origin) == ("Ada Lovelace", "ada@example.com", "lead", Origin.FORM)
    assert (read.version, read.identified, read.last_seen_at, read.active_at) == (1, True, None, read.created_at)
    assert Profile.model_validate_json(read.model_dump_json()) == read
    assert await column(ctx, "SELECT kind FROM event_outbox") == ["profile.lead_created"]
    assert await column(ctx, "SELECT verb FROM audit_log") == ["profile.created"]
    await fold(ctx, seen("user-1", "b1", 3))
    assert (await person(ctx, "user-1")).id == made.id, "events with the id are theirs"


async def test_nobody_and_nonsense_are_refused() -> None:
    ctx = make_context()
    await create(ctx, "user-1")
    for user, traits, field in (
        (None, {"name": "A", "email": "nonsense"}, "traits.email"),
        (None, {"name": "A\0"}, "traits.name"),
        (None, {"name": "A", "tags": ["\ud800"]}, "traits.tags"),
        (None, {"name": "A", "bio": "x" * 2001}, "traits.bio"),
        ("null", {}, "user_id"),
    ):
        with pytest.raises(Invalid) as refused:
            await create(ctx, user, **traits)
        assert refused.value.problems[0].field == field
    with pytest.raises(Conflict, match="profile_user_id_taken"):
        await create(ctx, "user-1")
    with pytest.raises(ValueError, match="profile_nobody"):
        await create(ctx, city="Wien")
    assert len(await everybody(ctx)) == 1


async def test_update_sets_and_takes_away_what_is_given() -> None:
    ctx = make_context()
    made = await create(ctx, name="Ada", city="Wien", plan="pro")
    changed = await update(ctx, made, 1, city=None, plan="max")
    assert (changed.traits, changed.version) == ({"name": "Ada", "plan": "max"}, 2)
    assert (await update(ctx, made, 2, plan="max")).version == 2, "nothing changed"
    with pytest.raises(VersionConflict):
        await update(ctx, made, 1, plan="free")
    [changes] = await column(ctx, "SELECT after FROM audit_log WHERE verb = 'profile.updated'")
    assert changes == {"city": None, "plan": "max"}
    with pytest.raises(NotFound):
        await update(make_context(), made, 2, name="Stolen")


async def test_being_seen_is_no_new_version() -> None:
    """Whoever edits a person is not disturbed by what the person does meanwhile."""
    ctx = make_context()
    made = await create(ctx, "user-1", name="Ada")
    await fold(ctx, seen("user-1", "b1", 3))
    assert (await update(ctx, made, 1, plan="pro")).version == 2
    await fold(ctx, identify("user-1", None, 4, plan="late news"))
    assert (await person(ctx, "user-1")).version == 2
    await fold(ctx, identify("user-1", None, 5, city="Wien"))
    assert (await person(ctx, "user-1")).version == 3


async def test_stages_archive_and_bulk() -> None:
    ctx = make_context()
    ada, grace = await create(ctx, name="Ada"), await create(ctx, name="Grace")
    async with tenant_session(ctx) as session:
        await service.archive_profile(session, ctx, grace.id)
        lost = uuid4()
        done = await service.act_on_profiles(
            session, ctx, ProfileAction.SET_STAGE, [ada.id, lost, grace.id, ada.id], Stage.CUSTOMER
        )
    assert [(r.id, r.done, r.code) for r in done.results] == [
        (ada.id, True, None), (lost, False, "profile_not_found"), (grace.id, False, "profile_archived"),
    ]  # fmt: skip
    assert [one.name for one in await everybody(ctx)] == ["Ada"]
    assert [one.name for one in await everybody(ctx, filters=["archived:eq:true"])] == ["Grace"]
    async with tenant_session(ctx) as session:
        await service.act_on_profiles(session, ctx, ProfileAction.RESTORE, [grace.id, ada.id])
        await service.act_on_profiles(session, ctx, ProfileAction.SET_STAGE, [grace.id, ada.id], Stage.LOST)
    assert [(one.name, one.stage) for one in await everybody(ctx)] == [("Ada", "lost"), ("Grace", "lost")]
    kinds = await column(ctx, "SELECT kind FROM event_outbox WHERE kind <> 'profile.lead_created' ORDER BY seq")
    assert kinds == ["profile.archived", "profile.stage_changed", "profile.restored", *["profile.stage_changed"] * 2]
    before = await column(ctx, "SELECT before->>'stage' FROM audit_log WHERE verb = 'profile.stage_changed'")
    assert sorted(map(str, before)) == ["customer", "lead", "lead"]


async def test_the_list_is_filtered_sorted_and_paged() -> None:
    ctx = make_context()
    people = (("Ärmel", "a@one.example", "DE"), ("Bo", "b@two.example", "AT"), ("zoë", None, "DE"))
    for name, email, country in people:
        await create(ctx, name=name, country=country, **({"email": email} if email else {}))
    for filters, expected in (
        (["country:eq:DE"], ["Ärmel", "zoë"]),
        (["email_domain:eq:two.example"], ["Bo"]),
        (["has_email:eq:false"], ["zoë"]),
        (["has_email:eq:true", "country:in:DE,AT"], ["Ärmel", "Bo"]),
        (["stage:ne:lead"], []),
        ([f"active_at:gt:{(now() - timedelta(minutes=5)).isoformat()}", "origin:eq:form"], ["Ärmel", "Bo", "zoë"]),
    ):
        assert [one.name for one in await everybody(ctx, filters=filters)] == expected, filters
    for sort in ("name", "-name", "active_at", "-active_at", "-created_at"):
        whole, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            async with tenant_session(ctx) as session:
                query = service.LISTING.parse(limit=2, sort=sort, cursor=cursor)
                page = await service.list_profiles(session, ctx, query)
            whole += [one.name for one in page.items]
            cursor, pages = page.next_cursor, pages + 1
        assert sorted(whole) == sorted(name for name, _, _ in people), sort
        assert sort != "-name" or whole == ["zoë", "Bo", "Ärmel"]


async def test_who_may_be_the_same() -> None:
    ctx = make_context()
    ada = await create(ctx, name="Ada", email="ada@example.com")
    twin = await create(ctx, "user-9", email="ADA@example.com")
    await create(ctx, name="Grace", email="grace@example.com")
    async with tenant_session(ctx) as session:
        assert [one.id for one in await service.list_duplicates(session, ctx, ada.id)] == [twin.id]
