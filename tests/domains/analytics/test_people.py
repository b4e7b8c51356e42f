"""From messages to people and back to what they did: who a browser's events belong to, and repeats that are no news."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import SourceDraft
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.profiles import service as profiles
from enterprise_app.domains.profiles.schemas import Profile
from enterprise_app.domains.profiles.vocabulary import Origin
from tests.domains.analytics.http import client_of


@pytest.fixture
async def key(tenant: Context) -> str:
    async with tenant_session(tenant) as session:
        return (await service.create_source(session, tenant, SourceDraft(name="Site"))).write_key


async def send(ctx: Context, key: str, *messages: dict[str, Any]) -> None:
    """As a client does, and as the worker does a moment later."""
    async with client_of(ctx) as client:
        answer = await client.post("/v1/batch", content=json.dumps({"batch": messages, "writeKey": key}))
    assert answer.status_code == 200, answer.text
    while await profiles.fold(ctx):
        pass


def track(name: str, minute: int, **ids: Any) -> dict[str, Any]:
    stamp = f"2026-03-01T12:{minute:02}:00Z"
    return {"type": "track", "event": name, "timestamp": stamp, "messageId": f"{name}-{minute}", **ids}


async def person(ctx: Context, user: str) -> Profile:
    async with tenant_session(ctx) as session:
        found = await profiles.find_profile(session, ctx, user)
    assert found is not None
    return found


async def did(ctx: Context, user: str) -> list[str | None]:
    one = await person(ctx, user)
    async with tenant_session(ctx) as session:
        trail = await profiles.get_trail(session, ctx, one.id)
        names, cursor = [], None
        while not names or cursor:
            query = service.TIMELINE.parse(limit=2, cursor=cursor)
            page = await service.list_timeline(session, ctx, trail, query)
            names, cursor = names + [event.name for event in page.items], page.next_cursor
            if not page.items:
                break
    return names


async def test_the_timeline_begins_before_anybody_signed_in(tenant: Context, key: str) -> None:
    await send(tenant, key, track("Viewed", 1, anonymousId="b1"), track("Compared", 2, anonymousId="b1"))
    identify = track("", 3, anonymousId="b1", userId="u1") | {"type": "identify", "traits": {"name": "Ada"}}
    await send(
        tenant, key, identify, track("Bought", 4, anonymousId="b1", userId="u1"),
        track("Refunded", 5, userId="u1"), track("Elsewhere", 6, anonymousId="b2"),
    )  # fmt: skip
    assert await did(tenant, "u1") == ["Refunded", "Bought", None, "Compared", "Viewed"]
    ada = await person(tenant, "u1")
    assert (ada.name, str(ada.last_seen_at)) == ("Ada", "2026-03-01 12:05:00+00:00")


async def test_on_a_shared_browser_each_has_its_own_events(tenant: Context, key: str) -> None:
    kiosk = {"anonymousId": "kiosk"}
    await send(
        tenant, key, track("First", 1, userId="u1", **kiosk), track("Nobody", 2, **kiosk),
        track("Second", 3, userId="u2", **kiosk),
    )  # fmt: skip
    assert await did(tenant, "u1") == ["Nobody", "First"]
    assert await did(tenant, "u2") == ["Second"]


async def test_an_alias_that_is_sent_again_does_not_merge_whom_somebody_took_apart(tenant: Context, key: str) -> None:
    alias = {"type": "alias", "userId": "new", "previousId": "old", "messageId": "a1"}
    await send(tenant, key, track("Old", 1, userId="old"), track("New", 2, userId="new"), alias)
    assert await did(tenant, "old") == [None, "New", "Old"]
    async with tenant_session(tenant) as session:
        merges = await profiles.list_merges(session, tenant, (await person(tenant, "new")).id, profiles.MERGES.parse())
        await profiles.undo_merge(session, tenant, merges.items[0].id)
    await send(tenant, key, alias, track("Old", 9, userId="old"))
    assert (await person(tenant, "old")).id != (await person(tenant, "new")).id
    assert await did(tenant, "old") == ["Old", "Old"]


async def test_a_repeated_message_is_not_even_noted(tenant: Context, key: str) -> None:
    alias = {"type": "alias", "userId": "new", "previousId": "old", "messageId": "a1"}
    await send(tenant, key, alias)
    async with client_of(tenant) as client:
        batch = {"batch": [alias, track("New", 1, userId="new")], "writeKey": key}
        assert (await client.post("/v1/batch", content=json.dumps(batch))).json()["duplicates"] == 1
    async with tenant_session(tenant) as session:
        assert list(await session.scalars(sa.text("SELECT kind FROM profile_inbox"))) == ["seen"]


async def test_campaigns_that_brought_a_person(tenant: Context, key: str) -> None:
    links = [("spring", 1), ("spring", 2), ("autumn", 3)]
    pages = [
        track(f"{name}{minute}", minute, anonymousId="b1") | {"context": {"campaign": {"name": name}}}
        for name, minute in links
    ]
    await send(tenant, key, *pages, track("Bought", 4, anonymousId="b1", userId="u1"))
    async with tenant_session(tenant) as session:
        trail = await profiles.get_trail(session, tenant, (await person(tenant, "u1")).id)
        touched = await service.list_touched_campaigns(session, tenant, trail)
    assert [(one.name, one.events) for one in touched] == [("autumn", 1), ("spring", 2)]


async def test_a_file_brings_people_and_its_second_run_changes_nothing(tenant: Context, tmp_path: Path) -> None:
    lines = [
        {"type": "identify", "userId": f"u{n % 3}", "traits": {"name": f"Name {n % 3}"}, "messageId": f"m{n}",
         "timestamp": f"2026-03-01T12:{n:02}:00Z"}
        for n in range(9)
    ]  # fmt: skip
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    await service.import_file(tenant, file, FileFormat.JSONL)
    while await profiles.fold(tenant, limit=2):
        pass
    before = [await person(tenant, f"u{n}") for n in range(3)]
    assert {(one.name, one.origin) for one in before} == {(f"Name {n}", Origin.IMPORT) for n in range(3)}
    await service.import_file(tenant, file, FileFormat.JSONL)
    assert await profiles.fold(tenant) == 0
    assert [await person(tenant, f"u{n}") for n in range(3)] == before
