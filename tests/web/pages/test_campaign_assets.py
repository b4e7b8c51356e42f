"""The card of assets on the real database: seen, reviewed, put away and brought back; variants shown and made."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Asset, Campaign
from enterprise_app.web.pages.campaigns.assets import CampaignAssetsState
from enterprise_app.web.pages.campaigns.assets_variants import VariantsState
from tests.domains.campaigns.pictures import picture
from tests.domains.identity.world import joined
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_campaign import campaign, on_page, undo

__all__ = ["act_as", "campaign", "owner"]
pytestmark = pytest.mark.usefixtures("storage_folder")
PAGE = b"<!doctype html><style>a{color:#d6336c}</style><h1>Lamps</h1><a>Go</a><script>1</script>"


async def uploaded(ctx: Context, campaign: Campaign, name: str, content: bytes) -> Asset:
    async def body() -> AsyncIterator[bytes]:
        yield content

    return await service.add_asset(ctx, campaign.id, body(), name=name)


async def test_assets_are_seen_reviewed_and_put_away(
    db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign
) -> None:
    hero = await uploaded(owner, campaign, "Hero.png", picture())
    await uploaded(owner, campaign, "Landing.html", PAGE)
    root = on_page(act_as(owner), campaign.id)
    state = await _call(root, CampaignAssetsState, "load")
    assert [(a.name, a.kind, a.state_text, bool(a.thumb)) for a in state.assets] == [
        ("Landing.html", "html", "Draft", False),
        ("Hero.png", "image", "Draft", True),
    ]
    state = await _call(root, CampaignAssetsState, "open", asset_id=str(hero.id))
    assert (state.name, state.actions, state.notes[0]) == ("Hero.png", ["submit"], "60 × 40")
    await _call(root, CampaignAssetsState, "act", name="submit")
    state = await _call(root, CampaignAssetsState, "load")
    assert (state.state_text, sorted(state.actions)) == ("In review", ["approve", "reopen", "request_changes"])
    await _call(root, CampaignAssetsState, "ask")
    state = await _call(root, CampaignAssetsState, "request_changes", form={"note": " "})
    assert (state.asking, "note" in state.errors) == (True, True), "changes without words are none"
    await _call(root, CampaignAssetsState, "request_changes", form={"note": "Brighter."})
    state = await _call(root, CampaignAssetsState, "load")
    assert (state.note, state.note_by, state.asking) == ("Brighter.", "Ada asks for changes", False)
    assert [v.title for v in state.versions] == ["Version 1"]
    await _call(root, CampaignAssetsState, "archive")
    state = await _call(root, CampaignAssetsState, "load")
    assert ([a.name for a in state.assets], state.opened) == (["Landing.html"], "")
    await undo(root)
    assert len((await _call(root, CampaignAssetsState, "load")).assets) == 2
    assert "error" not in await _messages(root)


async def test_what_another_saw_first_is_not_approved(
    db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign
) -> None:
    hero = await uploaded(owner, campaign, "Hero.png", picture())
    root = on_page(act_as(owner), campaign.id)
    await _call(root, CampaignAssetsState, "load")
    await _call(root, CampaignAssetsState, "open", asset_id=str(hero.id))
    await _call(root, CampaignAssetsState, "act", name="submit")
    await _call(root, CampaignAssetsState, "load")

    async def body() -> AsyncIterator[bytes]:
        yield picture(size=(9, 9))

    await service.add_version(owner, hero.id, body())
    await _call(root, CampaignAssetsState, "act", name="approve")
    assert "error" in await _messages(root)
    async with tenant_session(owner) as session:
        assert (await service.get_asset(session, owner, hero.id)).state.value == "draft"


async def test_variants_are_shown_and_made(db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign) -> None:
    page = await uploaded(owner, campaign, "Landing.html", PAGE)
    root = on_page(act_as(owner), campaign.id)
    await _call(root, CampaignAssetsState, "load")
    state = await _call(root, VariantsState, "open", key=str(campaign.id), asset_id="")
    assert (state.shown, state.assets, [c.name for c in state.choices]) == (True, [str(page.id)], ["Landing.html"])
    state = await _call(root, VariantsState, "preview", form={"seed": "3", "background": "#ffffff"})
    assert [v.key for v in state.variants] == ["control", "colour_1", "headline_1", "colour_2", "headline_2"]
    assert state.variants[0].samples[0].doc == PAGE.decode()
    assert (state.variants[1].title, state.variants[1].contrast.partition(" ")[0]) == ("Colour 1", "Contrast")
    await _call(root, VariantsState, "choose", key="colour_2")
    await _call(root, VariantsState, "choose", key="headline_2")
    state = await _call(root, VariantsState, "make")
    assert not state.shown
    names = [a.name for a in (await _call(root, CampaignAssetsState, "load")).assets]
    assert sorted(names) == ["Landing colour_1.html", "Landing headline_1.html", "Landing.html"]


async def test_hostile_arguments_and_missing_rights(
    db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign
) -> None:
    await uploaded(owner, campaign, "Landing.html", PAGE)
    root = on_page(act_as(owner), campaign.id)
    await _call(root, CampaignAssetsState, "load")
    for bad in ("", "../..", str(uuid4()), "\0"):
        await _call(root, CampaignAssetsState, "open", asset_id=bad)
        assert (await root.get_state(CampaignAssetsState)).opened == ""
        await _call(root, VariantsState, "open", key=bad, asset_id=bad)
    await _call(root, VariantsState, "open", key=str(campaign.id), asset_id="")
    state = await _call(root, VariantsState, "preview", form={"seed": "x", "base": "nothing"})
    assert (state.errors != {}, state.variants, state.busy) == (True, [], False)
    bob = await joined(owner, "acme", "bob@acme.example", role=Role.GUEST)
    root = on_page(act_as(bob), campaign.id)
    assert (await _call(root, CampaignAssetsState, "load")).assets == []
    assert (await _call(root, VariantsState, "open", key=str(campaign.id), asset_id="")).choices == []
