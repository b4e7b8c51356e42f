# ruff: noqa: F811 - fixtures are imported
"""EXP-10 on real assets: a plan of at most five, children of the same bytes for the same seed, nothing made twice."""

import base64
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from PIL import Image

from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.campaigns.manifest import DOMAIN as CAMPAIGNS
from enterprise_app.domains.experiments.manifest import DOMAIN as EXPERIMENTS
from enterprise_app.http.app import create_api
from tests.domains.experiments.making import AT, made_by
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, edge  # noqa: F401
from tests.joined import JoinedSource

pytestmark = pytest.mark.usefixtures("storage_folder", "db")
_TENANT = "INSERT INTO tenants (id, slug, skeleton, name, plan) VALUES (:id, :slug, :slug, 'Acme', 'ENTERPRISE')"
PAGE = (
    "<!doctype html><style>:root{--hero-height:70vh;--cta-height:48px;--brand:#d6336c}"
    "a{background:var(--brand);color:#fff}</style>"
    "<h1>Lamps for everybody</h1><a class='cta' style='border-color:#d6336c'>Go</a><script>var x='#d6336c'</script>"
)
STYLE = "a{color:#d6336c;background:#fff}"
DRAWING = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path fill='#d6336c'/></svg>"


def banner(size: tuple[int, int] = (64, 40)) -> bytes:
    """A picture with a pink button on white."""
    out, image = io.BytesIO(), Image.new("RGB", size, (255, 255, 255))
    image.paste((214, 51, 108), (8, 8, size[0] - 8, size[1] - 8))
    image.save(out, "PNG")
    return out.getvalue()


@pytest_asyncio.fixture(loop_scope="session")
async def client(edge: HeaderEdge) -> AsyncIterator[httpx.AsyncClient]:
    """The API of both domains."""
    api = create_api([CAMPAIGNS, EXPERIMENTS], edge)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(api), base_url="http://atrium.localhost") as client:
        yield client


@pytest.fixture
async def campaign(client: httpx.AsyncClient, edge: HeaderEdge, db: JoinedSource) -> str:
    """A campaign of Ada's, for whom the client calls; the worker reads her tenant's plan."""
    ada = make_context()
    edge.introduce("ada", ada)
    await db.connection.execute(sa.text(_TENANT), {"id": ada.tenant_id, "slug": str(ada.tenant_id)})
    client.headers["authorization"] = "ada"
    return (await client.post("/api/v1/campaigns", json={"name": "Aurora lamp", "objective": "sales"})).json()["id"]


async def put(client: httpx.AsyncClient, campaign: str, content: bytes | str, name: str) -> str:
    """An asset."""
    body = content.encode() if isinstance(content, str) else content
    made = await client.post(f"/api/v1/campaigns/{campaign}/assets", params={"name": name}, content=body)
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def ask(client: httpx.AsyncClient, **draft: Any) -> dict[str, Any]:
    """The plan of a draft."""
    answer = await client.post(AT, json=draft)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def make(client: httpx.AsyncClient, edge: HeaderEdge, **draft: Any) -> dict[str, Any]:
    """What the worker makes of it."""
    run = await made_by(client, edge.known["ada"], **draft)
    assert (run["state"], run["error"], run["done"]) == ("done", None, run["total"]), run
    return run["result"]


async def content(client: httpx.AsyncClient, asset_id: str) -> bytes:
    """What lies there."""
    return (await client.get(f"/api/v1/assets/{asset_id}/content")).content


async def test_a_page_gets_ideas_of_every_kind_and_a_plan_of_five(client: httpx.AsyncClient, campaign: str) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    plan = await ask(client, asset_ids=[page])
    control, *variants = plan["variants"]
    assert (control["is_control"], control["parameters"]["colour"]) == (True, "#d6336c")
    assert (control["parameters"]["headline"], control["parameters"]["hero_height"]) == ("Lamps for everybody", 70)
    assert [v["key"] for v in variants] == ["colour_1", "headline_1", "layout_1", "colour_2"]
    assert {(i["kind"], i["reason"]) for i in plan["left_out"]} >= {("colour", "limit"), ("headline", "limit")}
    assert len(variants) + len(plan["left_out"]) == 3 + 3 + 2, "by default 3 colours, 3 texts, 2 layouts"
    for variant in variants:
        (sample,) = variant["samples"]
        assert sample["changed"], variant["key"]
        assert "var x='#d6336c'" in sample["data"], "scripts stay"
        if variant["colour"]:
            assert variant["colour"]["contrast"] >= 3
            assert variant["colour"]["difference"] >= 10
            assert variant["colour"]["label_contrast"] >= 4.5
            assert sample["data"].count(variant["changes"]["colour"]) == 2
    headline = variants[1]["changes"]["headline"]
    assert f"<h1>{headline}</h1>" in variants[1]["samples"][0]["data"]
    assert await ask(client, asset_ids=[page]) == plan, "the same draft, the same plan"
    assert (await ask(client, asset_ids=[page], seed=7))["variants"] != plan["variants"]


async def test_children_of_the_same_seed_have_the_same_bytes(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str, db: JoinedSource
) -> None:
    other = (await client.post("/api/v1/campaigns", json={"name": "Aurora lamp", "objective": "sales"})).json()["id"]
    made = []
    for where in (campaign, other):
        ids = [
            await put(client, where, banner(), "hero.png"),
            await put(client, where, DRAWING, "logo.svg"),
            await put(client, where, STYLE, "look.css"),
        ]
        plan = await ask(client, asset_ids=ids, kinds=["colour"], seed=3)
        done = await make(client, edge, asset_ids=ids, kinds=["colour"], seed=3)
        assert [v["key"] for v in done["variants"]] == ["colour_1", "colour_2", "colour_3"]
        assert [v["changes"] for v in done["variants"]] == [v["changes"] for v in plan["variants"][1:]]
        assert all([a["parent_id"] for a in v["assets"]] == ids for v in done["variants"])
        made.append(done)
    first, second = ([[a["sha256"] for a in v["assets"]] for v in m["variants"]] for m in made)
    assert first == second
    variant = made[0]["variants"][0]
    colour, (hero, logo, look) = variant["changes"]["colour"], variant["assets"]
    with Image.open(io.BytesIO(await content(client, hero["asset_id"]))) as image:
        middle = image.convert("RGB").getpixel((30, 20))
        assert image.getpixel((0, 0)) == (255, 255, 255)
    assert middle == tuple(bytes.fromhex(colour[1:]))
    assert (await content(client, logo["asset_id"])).decode() == DRAWING.replace("#d6336c", colour)
    assert (await content(client, look["asset_id"])).decode() == STYLE.replace("#d6336c", colour)
    child = (await client.get(f"/api/v1/assets/{hero['asset_id']}")).json()
    assert (child["name"], child["state"], child["parent_id"]) == ("hero colour_1.png", "draft", hero["parent_id"])
    assert (child["generator"]["seed"], child["generator"]["changes"]) == (3, {"colour": colour})
    kinds = (
        await db.connection.execute(sa.text("SELECT payload FROM event_outbox WHERE kind = 'asset.created'"))
    ).all()
    generated = [row[0] for row in kinds if row[0].get("generated")]
    assert len(generated) == 18
    assert all(fact["seconds"] >= 0 for fact in generated)
    rows = (
        await db.connection.execute(
            sa.text("SELECT payload, actor->>'name' FROM event_outbox WHERE kind = 'asset.generated'")
        )
    ).all()
    told, asker = rows[0]
    assert len(rows) == 18
    assert {row[0]["made_by"] for row in rows} == {"experiments.variants"}
    assert (told["parent_id"], told["seconds"] >= 0) == (hero["parent_id"], True)
    assert asker == edge.known["ada"].actor.name, "in the name of whoever asked"


async def test_nothing_is_made_twice(client: httpx.AsyncClient, edge: HeaderEdge, campaign: str) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    draft: dict[str, Any] = {"asset_ids": [page], "only": ["headline_1", "layout_1"]}
    first = await make(client, edge, **draft)
    again = await make(client, edge, **draft)
    assert [a["fresh"] for v in first["variants"] for a in v["assets"]] == [True, True]
    assert [a["fresh"] for v in again["variants"] for a in v["assets"]] == [False, False]
    ids = [[a["asset_id"] for v in made["variants"] for a in v["assets"]] for made in (first, again)]
    assert ids[0] == ids[1]
    assets = (await client.get(f"/api/v1/campaigns/{campaign}/assets")).json()["items"]
    assert len(assets) == 3
    await client.post(f"/api/v1/assets/{ids[0][0]}/archive")
    third = await make(client, edge, **draft)
    assert [a["fresh"] for v in third["variants"] for a in v["assets"]] == [True, False], (
        "what is put away is made anew"
    )


async def test_a_text_is_varied_in_its_language(client: httpx.AsyncClient, edge: HeaderEdge, campaign: str) -> None:
    line = await put(client, campaign, "Ein Licht für alle", "headline.txt")
    wish = {"product": "Aurora", "offer": "20 % Rabatt"}
    plan = await ask(client, asset_ids=[line], locale="de", objective="sales", text=wish)
    texts = [v["changes"]["headline"] for v in plan["variants"][1:]]
    assert len(texts) == 3
    assert any("Aurora" in t for t in texts)
    done = await make(client, edge, asset_ids=[line], locale="de", objective="sales", text=wish)
    kept = [(await content(client, v["assets"][0]["asset_id"])).decode() for v in done["variants"]]
    assert kept == [f"{t}\n" for t in texts]


async def test_what_changes_nothing_is_no_variant(client: httpx.AsyncClient, campaign: str) -> None:
    hero = await put(client, campaign, banner((640, 400)), "hero.png")
    plan = await ask(client, asset_ids=[hero], colour={"base": "#00ff00"}, kinds=["colour", "text", "layout"])
    assert [v["key"] for v in plan["variants"]] == ["control"]
    assert {i["reason"] for i in plan["left_out"]} == {"no_effect"}
    shown = plan["variants"][0]["samples"][0]
    assert Image.open(io.BytesIO(base64.b64decode(shown["data"]))).format == "WEBP"
    few = await ask(client, asset_ids=[hero], expected_units=2500)
    assert (len(few["variants"]), few["limited_by"]) == (2, "too_few_visitors")


async def test_what_cannot_be_varied_is_refused(client: httpx.AsyncClient, edge: HeaderEdge, campaign: str) -> None:
    async def refused(status: int, code: str, path: str = "", **draft: Any) -> None:
        answer = await client.post(AT + path, json=draft)
        assert (answer.status_code, code in answer.text) == (status, True), answer.text

    page = await put(client, campaign, PAGE, "landing.html")
    other = (await client.post("/api/v1/campaigns", json={"name": "Other"})).json()["id"]
    far = await put(client, other, PAGE, "landing.html")
    film = await put(client, campaign, b"\x00\x00\x00\x20ftypisom" + bytes(90), "film.mp4")
    await refused(422, "variant_campaigns", asset_ids=[page, far])
    await refused(422, "variant_type", asset_ids=[film])
    await refused(422, "variant_unknown", "/generate", asset_ids=[page], only=["colour_9"])
    await refused(422, "colour_bad", asset_ids=[page], colour={"base": "nothing"})
    await refused(422, "not_one_of", asset_ids=[page], locale="xx")
    await refused(422, "asset_ids", asset_ids=[])
    await client.post(f"/api/v1/assets/{far}/archive")
    await refused(422, "asset_archived", asset_ids=[far])
    ada = edge.known["ada"]
    edge.introduce("ada", make_context())
    await refused(404, "asset_not_found", asset_ids=[page])
    edge.introduce("ada", make_context(ada.tenant_id, Role.GUEST))
    await refused(403, "forbidden", asset_ids=[page])
    small = Entitlements("FREE", limits={Limit.STORAGE_BYTES: 1, Limit.CAMPAIGNS: 9})
    edge.introduce("ada", make_context(ada.tenant_id, entitlements=small))
    await refused(403, "feature_missing", asset_ids=[page])


async def test_making_takes_the_right_to_manage_assets(
    client: httpx.AsyncClient, edge: HeaderEdge, campaign: str
) -> None:
    page = await put(client, campaign, PAGE, "landing.html")
    ada = edge.known["ada"]
    edge.introduce("ada", replace(ada, permissions=ada.permissions - {Permission.ASSETS_MANAGE}))
    refused = await client.post(f"{AT}/generate", json={"asset_ids": [page]})
    assert (refused.status_code, refused.json()["permission"]) == (403, "assets:manage")
    assert (await client.post(AT, json={"asset_ids": [page]})).status_code == 200, "looking does not"
