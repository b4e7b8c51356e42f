"""Sightings become people: Segment's semantics, in any order, once, and never two out of one."""

from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.vocabulary import Origin
from tests.domains.profiles.people import alias, at, everybody, fold, identify, person, picture, seen
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def column(ctx: Context, statement: str) -> list[Any]:
    async with tenant_session(ctx) as session:
        return list((await session.execute(sa.text(statement))).scalars())


async def trail(ctx: Context, user: str) -> tuple[set[str], set[str]]:
    found = await person(ctx, user)
    async with tenant_session(ctx) as session:
        known = await service.get_trail(session, ctx, found.id)
    return set(known.user_ids), set(known.own_browsers)


async def test_who_identifies_is_a_person_with_traits_and_a_browser() -> None:
    ctx = make_context()
    await fold(ctx, identify("u1", "b1", 5, name="Ada", email="Ada@Example.com", address={"country": "gb"}))
    [ada] = await everybody(ctx)
    assert (ada.name, ada.email, ada.country) == ("Ada", "ada@example.com", "GB")
    assert (ada.first_seen_at, ada.last_seen_at, ada.active_at) == (at(5), at(5), at(5))
    assert (ada.origin, ada.identified, ada.version) == (Origin.EVENT, True, 1)
    assert await trail(ctx, "u1") == ({"u1"}, {"b1"})
    assert await column(ctx, "SELECT kind FROM event_outbox") == ["profile.lead_created"]
    assert await column(ctx, "SELECT count(*) FROM profile_inbox") == [0]


async def test_events_with_a_user_id_move_last_seen_and_nothing_else() -> None:
    ctx = make_context()
    await fold(ctx, identify("u1", "b1", 5, name="Ada"))
    before = await person(ctx, "u1")
    await fold(ctx, seen("u1", "b1", 1, 30))
    after = await person(ctx, "u1")
    assert (after.first_seen_at, after.last_seen_at, after.version) == (at(1), at(30), before.version)


async def test_a_late_message_does_not_overwrite_newer_traits() -> None:
    ctx = make_context()
    await fold(ctx, identify("u1", minute=10, plan="pro", email="new@example.com"))
    await fold(ctx, identify("u1", minute=3, plan="free", city="Wien"), identify("u1", minute=11, email=None))
    found = await person(ctx, "u1")
    assert found.traits == {"plan": "pro", "city": "Wien"}
    assert found.email is None
    assert found.version == 2


async def test_a_lead_known_by_its_browser_becomes_the_user() -> None:
    """A newsletter's form says identify({email}) long before anybody signs up."""
    ctx = make_context()
    await fold(ctx, identify(None, "b1", 1, email="ada@example.com"))
    [lead] = await everybody(ctx)
    assert (lead.name, lead.identified) == ("ada@example.com", False)
    await fold(ctx, seen("u1", "b1", 9))
    [user] = await everybody(ctx)
    assert (user.id, user.identified, user.email) == (lead.id, True, "ada@example.com")
    assert await column(ctx, "SELECT kind FROM event_outbox") == ["profile.lead_created"]


async def test_a_lead_is_merged_into_a_user_who_is_known_already() -> None:
    ctx = make_context()
    await fold(ctx, identify("u1", "phone", 1, name="Ada"), identify(None, "laptop", 2, city="Wien"))
    assert len(await everybody(ctx)) == 2
    await fold(ctx, seen("u1", "laptop", 3))
    [ada] = await everybody(ctx)
    assert ada.traits == {"name": "Ada", "city": "Wien"}
    assert await trail(ctx, "u1") == ({"u1"}, {"phone", "laptop"})


async def test_a_shared_browser_does_not_make_two_people_one() -> None:
    ctx = make_context()
    await fold(ctx, seen("u2", "kiosk", 20), seen("u1", "kiosk", 10))
    assert len(await everybody(ctx)) == 2
    assert await trail(ctx, "u1") == ({"u1"}, {"kiosk"})
    assert await trail(ctx, "u2") == ({"u2"}, set()), "who was there first owns what the browser did anonymously"


async def test_traits_without_a_user_id_are_the_browsers_owners() -> None:
    ctx = make_context()
    await fold(ctx, seen("u1", "b1", 1), identify(None, "b1", 2, city="Wien"))
    assert (await person(ctx, "u1")).traits == {"city": "Wien"}
    late = seen("u2", "b2", 7), seen("u3", "b2", 5), seen("u2", "b2", 9), identify(None, "b2", 10, city="Graz")
    await fold(ctx, *late)
    assert (await person(ctx, "u3")).traits == {"city": "Graz"}, "the first by the events' times, in one piece too"


async def test_alias_merges_two_and_names_one() -> None:
    ctx = make_context()
    await fold(ctx, identify("old", "b1", 1, name="Ada"), identify("new", "b2", 2, plan="pro"), alias("new", "old", 3))
    [ada] = await everybody(ctx)
    assert ada.traits == {"name": "Ada", "plan": "pro"}
    assert await trail(ctx, "old") == await trail(ctx, "new") == ({"old", "new"}, {"b1", "b2"})
    await fold(ctx, identify("old", minute=4, city="Wien"))
    assert (await person(ctx, "new")).traits["city"] == "Wien"
    await fold(ctx, alias("third", "new", 5))
    assert (await person(ctx, "third")).id == ada.id
    kinds = await column(ctx, "SELECT kind FROM event_outbox ORDER BY seq")
    assert kinds == ["profile.lead_created", "profile.lead_created", "profile.merged"]


async def test_alias_of_a_browser_and_of_a_stranger() -> None:
    ctx = make_context()
    await fold(
        ctx, identify(None, "b1", 1, email="ada@example.com"), alias("u1", "b1", 2), alias("u2", "never-seen", 3)
    )
    assert (await person(ctx, "u1")).email == "ada@example.com"
    assert (await person(ctx, "never-seen")).id == (await person(ctx, "u2")).id
    assert len(await everybody(ctx)) == 2


async def test_ids_that_mean_nobody_make_nobody() -> None:
    ctx = make_context()
    await fold(ctx, *(seen(user, f"b{user}") for user in ("null", "undefined", "NaN", "0", " ", "[object Object]")))
    await fold(ctx, seen(None, "b1"), alias("u1", "null"), identify(None, "anonymous", 1, email="a@b.c"))
    assert await everybody(ctx) == []


async def test_what_a_file_brings_is_no_news() -> None:
    ctx = make_context()
    await fold(ctx, identify("u1", "b1", 1, name="Ada"), imported=True)
    assert (await person(ctx, "u1")).origin is Origin.IMPORT
    assert await column(ctx, "SELECT kind FROM event_outbox") == []


STORY = [
    identify("u1", "b1", 1, name="Ada", plan="free"),
    seen("u1", "b1", 0, 40),
    seen("u2", "b1", 7),
    identify("u2", "b2", 8, name="Grace", email="grace@example.com"),
    identify("u1", "b3", 20, plan="pro", city=None),
    identify("u1", "b1", 20, plan="max", city="Wien"),
    identify("u3", None, 30, name="Edsger"),
    alias("u2", "u3", 31),
    seen("u3", "b4", 60),
]


@pytest.mark.parametrize("seed", range(6))
async def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    import random

    ctx, other = make_context(), make_context()
    await fold(ctx, *STORY)
    shuffled = [*STORY, *random.Random(seed).sample(STORY, 4)]
    random.Random(seed).shuffle(shuffled)
    await fold(other, *shuffled, limit=1 + seed)
    assert await picture(ctx) == await picture(other)
    assert [one.name for one in await everybody(ctx)] == ["Ada", "Edsger"]


async def test_every_tenant_has_its_own_people() -> None:
    ours, theirs = make_context(), make_context()
    await fold(ours, identify("u1", "b1", 1, name="Ada"))
    await fold(theirs, seen("u1", "b1", 2))
    assert [one.name for one in await everybody(ours)] == ["Ada"]
    assert [one.name for one in await everybody(theirs)] == ["u1"]


async def test_a_flood_of_traits_is_bounded() -> None:
    ctx = make_context()
    many: dict[str, Any] = {f"trait{n}": n for n in range(300)}
    await fold(ctx, identify("u1", None, 1, **many), identify("u1", minute=2, bio="x" * 3000))
    assert len((await person(ctx, "u1")).traits) == 200


async def test_search_follows_the_person() -> None:
    ctx = make_context()
    await fold(ctx, identify("user-42", "b1", 1, name="Ada Lovelace", email="ada@example.com"))
    for q in ("lovel", "ada@example.com", "user-42", "b1"):
        assert [one.name for one in await everybody(ctx, q=q)] == ["Ada Lovelace"], q
    await fold(ctx, identify("user-42", minute=2, name="Ada King"))
    assert [one.name for one in await everybody(ctx, q="king")] == ["Ada King"]
    assert await everybody(ctx, q="lovelace") == []
