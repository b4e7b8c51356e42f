"""Sightings to fold and people to look at, for the tests of profiles."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import Profile, ProfileDraft
from enterprise_app.domains.profiles.vocabulary import Sighting, SightingKind

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def seen(user: str | None, browser: str | None = None, first: int = 0, last: int | None = None) -> Sighting:
    return Sighting(SightingKind.SEEN, at(first), at(first if last is None else last), user, browser)


def identify(user: str | None, browser: str | None = None, minute: int = 0, **traits: Any) -> Sighting:
    said = json.dumps(traits)
    return Sighting(SightingKind.IDENTIFY, at(minute), at(minute), user, browser, traits=said)


def alias(user: str, previous: str, minute: int = 0) -> Sighting:
    return Sighting(SightingKind.ALIAS, at(minute), at(minute), user, previous_id=previous)


async def note(ctx: Context, *sightings: Sighting, imported: bool = False) -> None:
    async with tenant_session(ctx) as session:
        await service.note_sightings(session, ctx.tenant_id, sightings, imported=imported)


async def fold(ctx: Context, *sightings: Sighting, imported: bool = False, limit: int = 1000) -> None:
    await note(ctx, *sightings, imported=imported)
    while await service.fold(ctx, limit=limit):
        pass


async def everybody(ctx: Context, **words: Any) -> list[Profile]:
    async with tenant_session(ctx) as session:
        page = await service.list_profiles(session, ctx, service.LISTING.parse(sort="name", **words))
    return list(page.items)


async def person(ctx: Context, user: str) -> Profile:
    async with tenant_session(ctx) as session:
        found = await service.find_profile(session, ctx, user)
    assert found is not None
    return found


async def create(ctx: Context, user_id: str | None = None, **traits: Any) -> Profile:
    async with tenant_session(ctx) as session:
        return await service.create_profile(session, ctx, ProfileDraft(traits=traits, user_id=user_id))


async def picture(ctx: Context) -> list[tuple[Any, ...]]:
    """Everybody as shown, with the ids that lead to them and whose browsers they are."""
    shown = []
    for one in await everybody(ctx):
        async with tenant_session(ctx) as session:
            trail = await service.get_trail(session, ctx, one.id)
        ids = (sorted(trail.user_ids), sorted(trail.browsers), sorted(trail.own_browsers))
        facts = one.model_dump(exclude={"id", "version", "created_at", "updated_at", "origin"})
        shown.append((*map(str, ids), {name: str(value) for name, value in sorted(facts.items())}))
    return sorted(shown, key=str)
