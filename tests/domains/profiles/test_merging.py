"""Merging and its way back: whole and exact, whatever happened in between."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, NotFound, ReadOnly, VersionConflict
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import Merged, Profile
from enterprise_app.domains.profiles.vocabulary import MergeReason, Stage
from tests.domains.profiles.people import alias, at, everybody, fold, identify, person, picture, seen
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def merge(ctx: Context, target: UUID, source: UUID) -> Merged:
    async with tenant_session(ctx) as session:
        return await service.merge_profiles(session, ctx, target, source)


async def undo(ctx: Context, merge_id: UUID) -> Profile:
    async with tenant_session(ctx) as session:
        return await service.undo_merge(session, ctx, merge_id)


async def stage(ctx: Context, profile: Profile, wanted: Stage) -> None:
    async with tenant_session(ctx) as session:
        await service.set_stage(session, ctx, profile.id, wanted)


async def kinds(ctx: Context) -> list[Any]:
    async with tenant_session(ctx) as session:
        return list((await session.execute(sa.text("SELECT kind FROM event_outbox ORDER BY seq"))).scalars())


TWO = (
    identify("u1", "b1", 1, name="Ada", plan="free", email="ada@example.com"),
    identify("u2", "b2", 5, plan="pro", city="Wien"),
)


async def test_a_merge_shows_both_as_one() -> None:
    ctx = make_context()
    await fold(ctx, *TWO)
    ada, other = await person(ctx, "u1"), await person(ctx, "u2")
    async with tenant_session(ctx) as session:
        preview = await service.preview_merge(session, ctx, ada.id, other.id)
    assert len(await everybody(ctx)) == 2, "a preview changes nothing"
    merged = await merge(ctx, ada.id, other.id)
    assert merged.profile.traits == {"name": "Ada", "plan": "pro", "email": "ada@example.com", "city": "Wien"}
    assert (preview.result.traits, preview.ids) == (merged.profile.traits, 4)
    assert (merged.profile.first_seen_at, merged.profile.last_seen_at) == (at(1), at(5))
    assert (merged.merge.reason, merged.merge.merged_by, merged.merge.source_name) == (MergeReason.MANUAL, "Ada", "u2")
    assert merged.profile.version == ada.version + 1
    assert [one.id for one in await everybody(ctx)] == [ada.id]
    assert [one.id for one in await everybody(ctx, q="u2")] == [ada.id], "found by every name it had"
    assert (await person(ctx, "u2")).id == ada.id
    async with tenant_session(ctx) as session:
        assert (await service.get_profile(session, ctx, other.id)).merged_into == ada.id
        assert {row.value for row in await service.list_ids(session, ctx, ada.id)} == {"u1", "u2", "b1", "b2"}
    assert (await kinds(ctx))[-1] == "profile.merged"


async def test_undo_is_as_if_they_had_never_been_merged() -> None:
    """Events go on in between, for both; a chain of merges is undone from its middle."""
    story = [*TWO, identify("u3", "b3", 6, name="Grace", country="us")]
    later = [identify("u2", "b2", 9, plan="max", phone="1"), seen("u3", "b3", 3, 20), identify("u1", None, 8, age=36)]
    plain, ctx = make_context(), make_context()
    await fold(plain, *story, *later)
    await fold(ctx, *story)
    one, two, three = [await person(ctx, user) for user in ("u1", "u2", "u3")]
    first = await merge(ctx, two.id, one.id)
    second = await merge(ctx, three.id, two.id)
    await fold(ctx, *later)
    assert len(await everybody(ctx)) == 1
    await undo(ctx, first.merge.id)
    assert {one.name for one in await everybody(ctx)} == {"Ada", "Grace"}
    await undo(ctx, second.merge.id)
    assert await picture(ctx) == await picture(plain)
    for q in ("ada", "grace", "u2"):
        assert len(await everybody(ctx, q=q)) == 1, q
    with pytest.raises(Conflict, match="profile_merge_undone"):
        await undo(ctx, first.merge.id)


async def test_what_was_merged_into_the_source_goes_with_it() -> None:
    ctx = make_context()
    await fold(ctx, seen("u1"), seen("u2"), seen("u3"))
    one, two, three = [await person(ctx, user) for user in ("u1", "u2", "u3")]
    await merge(ctx, two.id, one.id)
    second = await merge(ctx, three.id, two.id)
    back = await undo(ctx, second.merge.id)
    assert back.id == two.id
    assert (await person(ctx, "u1")).id == two.id


async def test_the_stage_is_the_one_that_was_set_last_and_undo_gives_each_its_own() -> None:
    ctx = make_context()
    await fold(ctx, *TWO)
    ada, other = await person(ctx, "u1"), await person(ctx, "u2")
    await stage(ctx, other, Stage.CUSTOMER)
    merged = await merge(ctx, ada.id, other.id)
    assert merged.profile.stage is Stage.CUSTOMER
    await stage(ctx, merged.profile, Stage.LOST)
    await undo(ctx, merged.merge.id)
    assert (await person(ctx, "u1")).stage is Stage.LOST
    assert (await person(ctx, "u2")).stage is Stage.CUSTOMER
    changes = [kind for kind in await kinds(ctx) if kind == "profile.stage_changed"]
    assert len(changes) == 3, "set, merged, set again; each of those who were taken apart keeps what it had"


async def test_whom_somebody_took_apart_no_event_merges_again() -> None:
    ctx = make_context()
    await fold(ctx, *TWO, alias("u2", "u1", 7))
    async with tenant_session(ctx) as session:
        ada = (await everybody(ctx))[0]
        [merged] = (await service.list_merges(session, ctx, ada.id, service.MERGES.parse())).items
    assert merged.reason is MergeReason.ALIAS
    await undo(ctx, merged.id)
    await fold(ctx, alias("u2", "u1", 8))
    assert len(await everybody(ctx)) == 2


async def test_what_can_not_be_merged() -> None:
    ctx, stranger = make_context(), make_context()
    await fold(ctx, *TWO, seen("u3"))
    one, two, three = [await person(ctx, user) for user in ("u1", "u2", "u3")]
    merged = await merge(ctx, one.id, two.id)
    with pytest.raises(Conflict, match="profile_same"):
        await merge(ctx, one.id, two.id)
    with pytest.raises(Conflict, match="profile_same"):
        await merge(ctx, one.id, one.id)
    with pytest.raises(Conflict, match="profile_merged"):
        await merge(ctx, three.id, two.id)
    with pytest.raises(NotFound):
        await merge(stranger, three.id, one.id)
    with pytest.raises(NotFound):
        await undo(stranger, merged.merge.id)
    async with tenant_session(ctx) as session:
        await service.archive_profile(session, ctx, three.id)
        with pytest.raises(Conflict, match="profile_archived"):
            await service.merge_profiles(session, ctx, one.id, three.id)
        with pytest.raises(VersionConflict):
            await service.set_stage(session, ctx, one.id, Stage.LOST, expected_version=99)
        with pytest.raises(ReadOnly):
            await service.undo_merge(session, replace(ctx, read_only=True), merged.merge.id)
