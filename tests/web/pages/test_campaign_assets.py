"""The card of assets on the real database: seen, reviewed, put away and brought back; variants shown and made."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import reflex as rx
import sqlalchemy as sa

from enterprise_app.core import jobs, jobs_run
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.jobs import JobState
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Asset, Campaign
from enterprise_app.domains.experiments import service as experiments
from enterprise_app.web.pages.campaigns.assets import CampaignAssetsState
from enterprise_app.web.pages.campaigns.assets_variants import VariantsState
from enterprise_app.web.pages.experiments.results_variants import VariantsState as Tab
from tests.domains.campaigns.pictures import picture
from tests.domains.experiments.making import work
from tests.domains.identity.world import joined
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_campaign import campaign, on_page, undo
from tests.web.pages.test_people import at

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
    assert (state.shown, state.running, state.progress, state.made) == (True, True, "Waiting for the worker", "")
    names = [a.name for a in (await _call(root, CampaignAssetsState, "load")).assets]
    assert names == ["Landing.html"], "nothing is made in the page's process"
    assert await work(owner) == [JobState.DONE]
    state = await _call(root, VariantsState, "follow")
    assert (state.running, state.percent, state.made) == (False, 100, "Variants made: 2")
    names = [a.name for a in (await _call(root, CampaignAssetsState, "load")).assets]
    assert sorted(names) == ["Landing colour_1.html", "Landing headline_1.html", "Landing.html"]
    await leads_on(root, owner, campaign)


async def leads_on(root: rx.State, owner: Context, campaign: Campaign) -> None:
    """From the variants to a draft of an experiment, whose page shows them side by side."""
    state = await _call(root, VariantsState, "experiment")
    assert (state.shown, state.made) == (False, ""), "once"
    async with tenant_session(owner) as session:
        (draft,) = (await experiments.list_experiments(session, owner, experiments.EXPERIMENTS.parse())).items
    assert (draft.state.value, draft.campaign_id) == ("draft", campaign.id)
    tab = await _call(at(root, f"/experiments/{draft.id}?tab=variants"), Tab, "load")
    control, colour, headline = tab.cards
    assert [card.kind for card in tab.cards] == ["parameters"] * 3
    assert [[a.name for a in card.assets] for card in tab.cards] == [
        ["Landing.html"], ["Landing colour_1.html"], ["Landing headline_1.html"],
    ]  # fmt: skip
    assert (control.assets[0].before, colour.assets[0].before) == ("", control.assets[0].large)
    assert [(p.name, p.differs, p.colour) for p in colour.parameters] == [("colour", True, True)]
    assert [p.name for p in headline.parameters] == ["headline"], "what is as in the control is not said again"
    assert [p.name for p in control.parameters] == ["colour", "headline"]
    assert colour.assets[0].src.endswith("/content?inline=true"), "a page has no small picture"
    tab = await _call(root, Tab, "open", variant="colour_1", asset_id=colour.assets[0].id)
    assert (tab.opened_variant, tab.looked.before_kind) == ("Colour 1", "html")
    tab = await _call(root, Tab, "open", variant="nothing", asset_id="../..")
    assert tab.looked.name == "Landing colour_1.html"
    assert (await _call(root, Tab, "close")).opened == ""


async def test_making_is_told_while_it_runs_stopped_and_found_again(
    db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    await uploaded(owner, campaign, "Landing.html", PAGE)
    root = on_page(act_as(owner), campaign.id)
    await _call(root, VariantsState, "open", key=str(campaign.id), asset_id="")
    await _call(root, VariantsState, "preview", form={"seed": "3", "background": "#ffffff"})
    await _call(root, VariantsState, "make")
    seen, progress = [], jobs.progress

    async def told(*given: Any, **details: Any) -> None:
        await progress(*given, **details)
        if given[0] == 1:
            other = on_page(act_as(owner), campaign.id)
            seen.append((await _call(other, VariantsState, "open", key=str(campaign.id), asset_id="")).running)
            await _call(root, VariantsState, "follow")
            await _call(root, VariantsState, "stop")

    monkeypatch.setattr(jobs_run, "_REPORT_EVERY", 0)
    monkeypatch.setattr(jobs, "progress", told)
    assert await work(owner) == [JobState.CANCELLED]
    assert seen == [True], "whoever comes back to the page sees it run"
    state = await _call(root, VariantsState, "follow")
    assert (state.running, state.made) == (False, "")
    assert state.errors["asset_ids"].startswith("Stopped")
    names = [a.name for a in (await _call(root, CampaignAssetsState, "load")).assets]
    assert len(names) == 3, "what was made before stays, and the one that was being made"


async def test_what_goes_wrong_in_the_worker_is_said_in_the_dialog(
    db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign
) -> None:
    await uploaded(owner, campaign, "Landing.html", PAGE)
    root = on_page(act_as(owner), campaign.id)
    await _call(root, VariantsState, "open", key=str(campaign.id), asset_id="")
    await _call(root, VariantsState, "preview", form={"seed": "3", "background": "#ffffff"})
    await _call(root, VariantsState, "make")
    await db.connection.execute(sa.text("UPDATE tenants SET plan = 'FREE', trial_ends_at = NULL"))
    assert await work(owner) == [JobState.FAILED]
    state = await _call(root, VariantsState, "follow")
    assert (state.running, state.made, "asset_ids" in state.errors) == (False, "", True)
    assert "errors." not in state.errors["asset_ids"]


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
