# ruff: noqa: F811 - fixtures are imported
"""Assets of a campaign over HTTP: their life and review, what browsers are told of them, and everything hostile."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import CampaignDraft
from enterprise_app.domains.campaigns.service import asset_views
from enterprise_app.domains.metering import service as metering
from tests.domains.campaigns.pictures import SECRET, bomb, picture, telling
from tests.domains.files.conftest import lying, pieces
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, client, edge  # noqa: F401
from tests.joined import JoinedSource

pytestmark = pytest.mark.usefixtures("storage_folder")
ALL = "/api/v1/assets"
PAGE = b"<!DOCTYPE html><h1>Hi</h1><script>alert(document.domain)</script>"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="9" height="9"/></svg>'


@pytest.fixture
async def at(db: JoinedSource, client: httpx.AsyncClient, edge: HeaderEdge) -> str:
    """The assets of a campaign of Ada's, for whom the client calls."""
    edge.introduce("ada", make_context())
    client.headers["authorization"] = "ada"
    made = await client.post("/api/v1/campaigns", json={"name": "Spring"})
    return f"/api/v1/campaigns/{made.json()['id']}/assets"


async def put(client: httpx.AsyncClient, at: str, content: bytes = b"20 % off.", **words: str) -> dict[str, Any]:
    """Uploaded by the route."""
    answer = await client.post(at, params=words, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def act(client: httpx.AsyncClient, asset: dict[str, Any], name: str, **more: Any) -> httpx.Response:
    """Something done to it."""
    return await client.post(f"{ALL}/{asset['id']}/{name}", **more)


async def names(client: httpx.AsyncClient, at: str, words: str = "") -> list[str]:
    """As listed."""
    answer = await client.get(f"{at}?{words}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def told(db: JoinedSource, table: str, column: str) -> list[str]:
    """Facts or verbs of assets, in order."""
    rows = await db.connection.execute(sa.text(f"SELECT {column} FROM {table} ORDER BY seq"))
    return [row[0] for row in rows if row[0].startswith("asset.")]


async def used(ctx: Context) -> int:
    """The bytes counted, which must equal what a recount finds."""
    async with tenant_session(ctx) as session:
        drift = next(d for d in await metering.recount(session, ctx) if d.resource is Limit.STORAGE_BYTES)
    assert drift.counted == drift.recounted
    return drift.counted


async def test_the_life_of_a_picture(client: httpx.AsyncClient, edge: HeaderEdge, at: str, db: JoinedSource) -> None:
    sent = telling("image/jpeg", 6)
    asset = await put(client, at, sent, name="../Héro.png")
    assert {n: asset[n] for n in ("name", "kind", "state", "content_type", "width", "height", "number", "version")} == {
        "name": "Héro.png", "kind": "image", "state": "draft", "content_type": "image/jpeg", "width": 40, "height": 60,
        "number": 1, "version": 1,
    }  # fmt: skip
    one = f"{ALL}/{asset['id']}"
    kept = await client.get(f"{one}/content")
    assert SECRET not in kept.content
    assert len(kept.content) == asset["size"] == await used(edge.known["ada"])
    small = await client.get(f"{one}/versions/1/thumbnail")
    assert (small.headers["content-type"], Image.open(io.BytesIO(small.content)).size) == ("image/webp", (40, 60))
    second = await put(client, f"{one}/versions", picture(size=(90, 30)))
    assert (second["number"], second["version"], second["width"], second["name"]) == (2, 2, 90, "Héro.png")
    versions = (await client.get(f"{one}/versions")).json()["items"]
    assert [(v["number"], v["content_type"]) for v in versions] == [(2, "image/png"), (1, "image/jpeg")]
    assert (await client.get(f"{one}/versions/1/content")).content == kept.content
    assert (await client.get(f"{one}/versions/3/content")).status_code == 404
    assert await told(db, "event_outbox", "kind") == ["asset.created", "asset.versioned"]
    assert await told(db, "audit_log", "verb") == ["asset.created", "asset.updated"]


async def test_a_review(client: httpx.AsyncClient, edge: HeaderEdge, at: str, db: JoinedSource) -> None:
    asset = await put(client, at)
    edge.introduce("bob", make_context(edge.known["ada"].tenant_id, Role.MEMBER))
    bob = {"authorization": "bob"}
    assert (await act(client, asset, "approve")).json()["code"] == "asset_wrong_state"
    sent = await act(client, asset, "submit", headers=bob)
    assert sent.json()["state"] == "in_review"
    for name, body in (("approve", None), ("request-changes", {"note": "No."})):
        refused = await act(client, asset, name, headers=bob, json=body)
        assert (refused.status_code, refused.json()["permission"]) == (403, "assets:review")
    assert (await act(client, asset, "request-changes", json={"note": "  "})).status_code == 422
    no = (await act(client, asset, "request-changes", json={"note": "The claim needs a source."})).json()
    assert (no["state"], no["note"], no["reviewed_by_name"]) == (
        "changes_requested",
        "The claim needs a source.",
        "Ada",
    )
    await act(client, asset, "submit", headers=bob)
    seen = {"if-match": f'"{no["version"]}"'}
    assert (await act(client, asset, "approve", headers=seen)).json()["code"] == "version_conflict"
    yes = (await act(client, asset, "approve")).json()
    assert (yes["state"], yes["note"], yes["reviewed_by_name"]) == ("approved", "", "Ada")
    fresh = await put(client, f"{ALL}/{asset['id']}/versions", b"30 % off.")
    assert (fresh["state"], fresh["reviewed_by_name"]) == ("draft", ""), "what was approved is another content"
    old = (await client.get(f"{ALL}/{asset['id']}/versions?filter=state:eq:approved")).json()["items"]
    assert [v["number"] for v in old] == [1]
    moved, approved = "asset.review_moved", "asset.approved"
    assert (await told(db, "event_outbox", "kind"))[1:] == [moved, moved, moved, approved, "asset.versioned"]
    verbs = ["asset.reviewed"] * 4 + ["asset.updated"]
    assert [v for v in await told(db, "audit_log", "verb") if v != "asset.created"] == verbs


async def test_nobody_approves_their_own_while_others_may(
    client: httpx.AsyncClient, edge: HeaderEdge, at: str, db: JoinedSource
) -> None:
    """Ada works alone at first; then Grace joins as a manager."""
    tenant = edge.known["ada"].tenant_id
    alone = await put(client, at)
    await act(client, alone, "submit")
    assert (await act(client, alone, "approve")).json()["state"] == "approved"
    grace = {"tenant": tenant, "id": new_id()}
    account = "INSERT INTO accounts (id, email, name, password_hash) VALUES (:id, 'grace@acme.example', 'Grace', '')"
    await db.connection.execute(sa.text(account), {"id": grace["id"]})
    member = (
        "INSERT INTO members (tenant_id, id, account_id, email, name, name_key, role)"
        " VALUES (:tenant, :id, :id, 'grace@acme.example', 'Grace', 'grace', 'manager')"
    )
    await db.connection.execute(sa.text(member), grace)
    asset = await put(client, at)
    await act(client, asset, "submit")
    refused = await act(client, asset, "approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "asset_own")
    edge.introduce("grace", make_context(tenant, Role.MANAGER))
    done = await act(client, asset, "approve", headers={"authorization": "grace"})
    assert done.json()["state"] == "approved"
    await db.connection.execute(sa.text("UPDATE members SET status = 'suspended' WHERE id = :id"), {"id": grace["id"]})
    third = await put(client, at)
    await act(client, third, "submit")
    assert (await act(client, third, "approve")).json()["state"] == "approved", "she may not any more"


async def test_lists_search_and_changes(client: httpx.AsyncClient, at: str) -> None:
    hero = await put(client, at, picture(), name="Hero spring.png")
    await put(client, at, b"Buy now", name="Call.txt", parent_id=hero["id"])
    await put(client, at, PAGE, name="Landing.html")
    assert await names(client, at) == ["Landing.html", "Call.txt", "Hero spring.png"]
    assert await names(client, at, "filter=kind:eq:image") == ["Hero spring.png"]
    assert await names(client, at, f"filter=parent_id:eq:{hero['id']}") == ["Call.txt"]
    assert await names(client, at, "sort=name&limit=1") == ["Call.txt"]
    assert await names(client, at, "q=spr") == ["Hero spring.png"]
    change = {"name": "Hero  summer", "tags": ["Wide", "wide"]}
    assert (await client.patch(f"{ALL}/{hero['id']}", json=change)).status_code == 428
    changed = await client.patch(f"{ALL}/{hero['id']}", json=change, headers={"if-match": '"1"'})
    assert (changed.json()["name"], changed.json()["tags"], changed.json()["version"]) == ("Hero summer", ["Wide"], 2)
    again = await client.patch(f"{ALL}/{hero['id']}", json=change, headers={"if-match": '"1"'})
    assert (again.status_code, again.json()["code"]) == (409, "version_conflict")
    assert (await names(client, at, "q=spr"), await names(client, ALL, "q=wide")) == ([], ["Hero summer"])
    assert (await client.get(f"{ALL}?filter=color:eq:red")).status_code == 422


async def test_archived_and_restored(client: httpx.AsyncClient, edge: HeaderEdge, at: str, db: JoinedSource) -> None:
    ctx = edge.known["ada"]
    asset = await put(client, at, picture())
    await put(client, f"{ALL}/{asset['id']}/versions", picture(size=(9, 9)))
    full = await used(ctx)
    for _ in range(2):
        assert (await act(client, asset, "archive")).json()["archived_at"] is not None
    assert (await names(client, at), await used(ctx)) == ([], 0)
    assert await names(client, at, "filter=archived:eq:true") == ["asset"]
    assert (await client.get(f"{ALL}/{asset['id']}/content")).status_code == 404
    assert (await client.get(f"{ALL}/{asset['id']}/versions/1/thumbnail")).status_code == 200
    for name in ("submit", "versions"):
        answer = await act(client, asset, name, content=picture(size=(8, 8)) if name == "versions" else None)
        assert (answer.status_code, answer.json()["code"]) == (409, "asset_archived")
    for _ in range(2):
        assert (await act(client, asset, "restore")).json()["archived_at"] is None
    assert (await client.get(f"{ALL}/{asset['id']}/versions/1/content")).status_code == 200
    assert await used(ctx) == full
    await act(client, asset, "archive")
    await db.connection.execute(sa.text("DELETE FROM files"))  # as the housekeeping does after a month
    gone = await act(client, asset, "restore")
    assert (gone.status_code, gone.json()["code"]) == (410, "asset_content_gone")
    assert await names(client, at) == []
    kinds = (await told(db, "event_outbox", "kind"))[2:]
    assert kinds == ["asset.archived", "asset.restored", "asset.archived"]


SERVED = [
    (PAGE, "a.png", "html", "text/html", True),
    (DRAWING, "a.txt", "image", "image/svg+xml", True),
    (picture(), "a.html", "image", "image/png", False),
    (b"h1 { color: red }", "a.css", "text", "text/css", False),
    (b"GIF89a is a text", "a.gif", None, "", False),
    (b"alert(1)", "a.js", None, "", False),
    (b"%PDF-1.7", "a.png", None, "", False),
    (b"just words", "a.png", "text", "text/plain", False),
    (b"\x00\x00\x00\x20ftypisom" + bytes(90), "a.png", "video", "video/mp4", False),
]


@pytest.mark.parametrize(("content", "name", "kind", "content_type", "markup"), SERVED)
async def test_the_bytes_say_what_it_is_and_nothing_runs(
    client: httpx.AsyncClient, at: str, content: bytes, name: str, kind: str | None, content_type: str, markup: bool
) -> None:
    answer = await client.post(at, params={"name": name}, content=content)
    if kind is None:
        assert (answer.status_code, "asset_" in answer.text) == (422, True), answer.text
        return
    asset = answer.json()
    assert (asset["kind"], asset["content_type"]) == (kind, content_type)
    saved = await client.get(f"{ALL}/{asset['id']}/content")
    shown = await client.get(f"{ALL}/{asset['id']}/content?inline=true")
    for got in (saved, shown):
        policy = got.headers["content-security-policy"].split("; ")
        assert "sandbox" in policy, "without allow-scripts and allow-same-origin"
        assert "default-src 'none'" in policy
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cross-origin-resource-policy"] == "same-origin"
    assert saved.headers["content-disposition"].startswith("attachment; ")
    assert shown.headers["content-disposition"].startswith("attachment; " if kind == "video" else "inline; ")
    assert ("application/octet-stream" in saved.headers["content-type"]) == markup
    sent = "text/plain" if content_type == "text/css" else content_type
    assert shown.headers["content-type"].partition(";")[0] == sent


HOSTILE = {
    "empty": (b"", "file_empty", 422),
    "bomb": (bomb(10_000, 10_000), "asset_image_large", 422),
    "broken picture": (picture()[:60], "asset_image_broken", 422),
    "script in a drawing": (
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        "asset_svg_active",
        422,
    ),
    "entities": (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>', "asset_svg_entity", 422),
    "program": (b"MZ\x90\x00\x03" + bytes(50), "asset_type", 422),
    "archive": (b"PK\x03\x04" + bytes(50), "asset_type", 422),
    "utf-16": ("Hello".encode("utf-16"), "asset_not_utf8", 422),
    "NUL far inside": (b"a" * 9000 + b"\0", "asset_not_utf8", 422),
    "long text": (b"a" * 1_000_001, "file_too_large", 413),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_refused_leaves_nothing(
    client: httpx.AsyncClient, edge: HeaderEdge, at: str, storage_folder: Path, db: JoinedSource, name: str
) -> None:
    content, code, status = HOSTILE[name]
    answer = await client.post(at, content=content)
    assert (answer.status_code, code in answer.text) == (status, True), answer.text
    assert lying(storage_folder) == []
    for table in ("files", "assets", "asset_versions"):
        assert (await db.connection.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0
    assert await used(edge.known["ada"]) == 0


async def test_polyglots_are_only_pictures(client: httpx.AsyncClient, at: str, storage_folder: Path) -> None:
    archive = b"PK\x03\x04" + b"evil.exe" * 20
    for kind in ("image/png", "image/jpeg", "image/webp", "image/gif"):
        asset = await put(client, at, telling(kind) + archive, name="x.html")
        assert asset["content_type"] == kind
    assert [path for path in lying(storage_folder) if b"evil.exe" in path.read_bytes()] == []
    assert [path for path in lying(storage_folder) if SECRET in path.read_bytes()] == []
    assert len(lying(storage_folder)) == 4


async def test_names_rights_and_limits(
    client: httpx.AsyncClient, edge: HeaderEdge, at: str, storage_folder: Path
) -> None:
    tenant = edge.known["ada"].tenant_id
    assert (await client.post(at, params={"name": "a\0"}, content=b"x")).status_code == 422
    assert (await client.post(at, params={"nome": "a"}, content=b"x")).status_code == 422
    strange = await put(client, at, name='..\\..\\a"; b=\u202egnp.exe\r\nSet-Cookie: x')
    assert not set(strange["name"]) & set('\r\n"\u202e\\')
    answer = await client.get(f"{ALL}/{strange['id']}/content")
    assert "set-cookie" not in answer.headers
    for parent in (new_id(), "nonsense"):
        assert (await client.post(at, params={"parent_id": str(parent)}, content=b"x")).status_code == 422
    cut = await client.post(at, content=pieces(b"half"), headers={"content-length": "9"})
    assert (cut.status_code, cut.json()["code"]) == (400, "upload_incomplete")
    tight = {Limit.STORAGE_BYTES: 12, Limit.CAMPAIGNS: 10}
    edge.introduce("ada", make_context(tenant, entitlements=Entitlements("FREE", limits=tight)))
    before = lying(storage_folder)
    assert (await client.post(at, content=b"123456")).status_code == 402
    assert (await client.post(at, content=pieces(b"1", b"23456"))).status_code == 402, "without an announced size"
    edge.introduce("ada", make_context(tenant, Role.GUEST))
    assert (await client.post(at, content=b"x")).status_code == 403
    edge.introduce("ada", replace(make_context(tenant), read_only=True))
    assert (await client.post(at, content=b"x")).status_code == 403
    assert lying(storage_folder) == before


async def test_what_is_somebody_elses_is_not_there(client: httpx.AsyncClient, edge: HeaderEdge, at: str) -> None:
    asset = await put(client, at, picture())
    edge.introduce("eve", make_context())
    eve = {"authorization": "eve", "if-match": '"1"'}
    one = f"{ALL}/{asset['id']}"
    reads = ["", "/content", "/versions", "/versions/1/content", "/versions/1/thumbnail"]
    for path in reads:
        assert (await client.get(one + path, headers=eve)).status_code == 404
    for path in ("/submit", "/approve", "/reopen", "/archive", "/restore"):
        assert (await client.post(one + path, headers=eve)).status_code == 404
    assert (await client.post(f"{one}/request-changes", json={"note": "x"}, headers=eve)).status_code == 404
    assert (await client.post(f"{one}/versions", content=picture(), headers=eve)).status_code == 404
    assert (await client.patch(one, json={"name": "x"}, headers=eve)).status_code == 404
    assert (await client.get(at, headers=eve)).status_code == 404
    assert (await client.post(at, content=b"x", headers=eve)).status_code == 404
    assert await names(client, ALL) == ["asset"]
    theirs = (await client.post("/api/v1/campaigns", json={"name": "E"}, headers=eve)).json()["id"]
    stolen = f"/api/v1/campaigns/{theirs}/assets"
    refused = await client.post(stolen, params={"parent_id": asset["id"]}, content=b"x", headers=eve)
    assert (refused.status_code, "asset_parent" in refused.text) == (422, True)


async def test_new_versions_are_of_the_same_kind_and_new(client: httpx.AsyncClient, at: str) -> None:
    asset = await put(client, at, picture())
    other = await act(client, asset, "versions", content=PAGE)
    assert (other.status_code, "asset_other_kind" in other.text) == (422, True)
    same = await act(client, asset, "versions", content=picture() + b"appended")
    assert (same.status_code, same.json()["code"]) == (409, "asset_unchanged")


async def test_an_archived_campaign_gets_no_assets_but_gives_them_up(client: httpx.AsyncClient, at: str) -> None:
    asset = await put(client, at)
    await client.post(f"{at.removesuffix('/assets')}/archive")
    for answer in (await client.post(at, content=b"x"), await act(client, asset, "submit")):
        assert (answer.status_code, answer.json()["code"]) == (409, "campaign_archived")
    assert (await client.get(f"{ALL}/{asset['id']}/content")).status_code == 200
    assert (await act(client, asset, "archive")).status_code == 200
    assert (await act(client, asset, "restore")).status_code == 409


async def test_a_repetition_uploads_nothing_twice(client: httpx.AsyncClient, at: str, storage_folder: Path) -> None:
    async def post(content: bytes) -> httpx.Response:
        return await client.post(at, content=content, headers={"idempotency-key": "order-17"})

    sent = telling("image/png")
    first, again, other = await post(sent), await post(sent), await post(picture())
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len(lying(storage_folder)) == 1


async def test_a_generated_variant_keeps_its_parent(client: httpx.AsyncClient, edge: HeaderEdge, at: str) -> None:
    ctx, hero = edge.known["ada"], await put(client, at, picture())
    made = {"kind": "colour", "seed": 7, "hue": 120.5}
    variant = await service.create_variant(ctx, UUID(hero["id"]), picture(size=(5, 5)), name="b.png", generator=made)
    assert (str(variant.parent_id), variant.generator, str(variant.campaign_id)) == (
        hero["id"],
        made,
        hero["campaign_id"],
    )
    async with tenant_session(ctx) as session:
        assert Image.open(io.BytesIO(await service.read_asset(session, ctx, variant.id))).size == (5, 5)
    with pytest.raises(Invalid):
        await service.create_variant(ctx, variant.id, b"x", name="c", generator={"a": "b" * 17_000})


async def test_who_looks_is_told(
    client: httpx.AsyncClient, edge: HeaderEdge, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(asset_views, "_heard", [])
    service.on_asset_view(lambda *seen: heard.append(seen))
    ctx = replace(edge.known["ada"], agent="Firefox", ip="192.0.2.7")
    edge.introduce("ada", ctx)
    asset = await put(client, at, picture())
    await client.get(f"{ALL}/{asset['id']}/content")
    await client.get(f"{ALL}/{asset['id']}/versions/1/content?inline=true")
    await client.get(f"{ALL}/{asset['id']}/versions/1/thumbnail")
    await client.get(f"{ALL}/{asset['id']}/versions/9/content")
    seen = (ctx.tenant_id, UUID(asset["id"]), UUID(asset["campaign_id"]), 1, "Firefox", "192.0.2.7")
    assert heard == [seen, seen]


async def _body(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_the_same_at_once(committed_db: object, storage_folder: Path) -> None:
    """Ten equal versions at once are one; ten others are ten, numbered without a gap; the quota holds."""
    ctx = make_context()
    async with tenant_session(ctx) as session:
        campaign = await service.create_campaign(session, ctx, CampaignDraft(name="Spring"))
    asset = await service.add_asset(ctx, campaign.id, _body(b"first"), name="a.txt")

    async def version(content: bytes) -> Any:
        return await service.add_version(ctx, asset.id, _body(content))

    tries = await asyncio.gather(*(version(b"second") for _ in range(10)), return_exceptions=True)
    assert sorted(getattr(t, "code", "done") for t in tries) == ["asset_unchanged"] * 9 + ["done"]
    await asyncio.gather(*(version(b"text %d" % n) for n in range(10)))
    async with tenant_session(ctx) as session:
        page = await service.list_asset_versions(session, ctx, asset.id, service.ASSET_VERSIONS.parse(limit=50))
    assert [v.number for v in page.items] == list(range(12, 0, -1))
    assert len(lying(storage_folder)) == 12
    tight = ctx.with_entitlements(Entitlements("FREE", limits={Limit.STORAGE_BYTES: 100, Limit.CAMPAIGNS: 5}))
    free = (100 - await used(ctx)) // 10
    tries = await asyncio.gather(
        *(service.add_asset(tight, campaign.id, _body(b"0123456789"), name="b.txt") for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(not isinstance(t, BaseException) for t in tries) == free
    assert len(lying(storage_folder)) == 12 + free
