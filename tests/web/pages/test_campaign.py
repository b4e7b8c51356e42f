"""The page of one campaign on the real database: undo of acts, its files as listed, removed and brought back."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import reflex as rx
from reflex.istate.data import ReflexURL, URLData

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Campaign, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import CampaignAction as Act
from enterprise_app.domains.campaigns.vocabulary import CampaignStatus as Status
from enterprise_app.domains.files.schemas import File
from enterprise_app.web.pages.campaigns.files import CampaignFilesState
from enterprise_app.web.pages.campaigns.one import CampaignState, way_back
from enterprise_app.web.shell.toasts import ToastState
from tests.domains.identity.world import joined
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.usefixtures("storage_folder")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2_000)


@pytest.fixture
async def campaign(owner: Context) -> Campaign:
    async with tenant_session(owner) as session:
        return await service.create_campaign(session, owner, CampaignDraft(name="Spring"))


async def attached(ctx: Context, campaign: Campaign, name: str, content: bytes = b"The brief.") -> File:
    async def body() -> AsyncIterator[bytes]:
        yield content

    return await service.attach_file(ctx, campaign.id, body(), name=name)


async def status(ctx: Context, campaign: Campaign) -> Status:
    async with tenant_session(ctx) as session:
        return (await service.get_campaign(session, ctx, campaign.id)).status


def on_page(root: rx.State, campaign_id: UUID) -> rx.State:
    """As if the browser stood there."""
    root.rx_router_url = URLData.from_url(ReflexURL(f"http://acme.test/campaigns/{campaign_id}"))  # pyright: ignore
    return root


async def undo(root: rx.State) -> list[Any]:
    """The stored way back of the last message, as the toast calls it."""
    toasts = await root.get_state(ToastState)
    offered = [toasts._undo[item.id] for item in toasts.items if item.can_undo]
    for name, handler, arguments in offered[-1:]:
        state: Any = rx.State.get_class_substate(name)
        await _call(root, state, handler, **arguments)
    return offered


WAYS = [
    (Act.PAUSE, Status.ACTIVE, Act.ACTIVATE),
    (Act.ACTIVATE, Status.PAUSED, Act.PAUSE),
    (Act.ACTIVATE, Status.DRAFT, None),
    (Act.COMPLETE, Status.ACTIVE, None),
    (Act.ARCHIVE, Status.DRAFT, Act.RESTORE),
    (Act.RESTORE, Status.ARCHIVED, Act.ARCHIVE),
]


@pytest.mark.parametrize(("done", "before", "back"), WAYS)
def test_what_can_be_undone(done: Act, before: Status, back: Act | None) -> None:
    assert way_back(done, before) is back


async def test_an_act_offers_its_undo(db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign) -> None:
    root = on_page(act_as(owner), campaign.id)
    await _call(root, CampaignState, "load")
    await _call(root, CampaignState, "act", name="activate")
    assert not (await root.get_state(ToastState)).items[-1].can_undo, "no act leads back to a draft"
    await _call(root, CampaignState, "load")
    await _call(root, CampaignState, "act", name="pause")
    assert await status(owner, campaign) is Status.PAUSED
    async with tenant_session(owner) as session:
        other = await service.create_campaign(session, owner, CampaignDraft(name="Other"))
    await _call(on_page(root, other.id), CampaignState, "load")  # the reader went on to another one
    assert len(await undo(root)) == 1
    assert (await status(owner, campaign), await status(owner, other)) == (Status.ACTIVE, Status.DRAFT)


async def test_files_come_and_go(db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign) -> None:
    await attached(owner, campaign, "brief.txt")
    picture = await attached(owner, campaign, "Héro.png", PNG)
    root = on_page(act_as(owner), campaign.id)
    state = await _call(root, CampaignFilesState, "load")
    assert [(f.name, f.kind, f.notes[:2]) for f in state.files] == [
        ("Héro.png", "image", ["2 kB", "Ada"]),
        ("brief.txt", "text", ["10 byte", "Ada"]),
    ]
    assert state.files[0].view_href.endswith(f"/files/{picture.id}/content?inline=true")
    assert (state.files[1].view_href, state.max_size, state.more) == ("", "100 MB", "")
    await _call(root, CampaignFilesState, "remove", file_id=str(picture.id))
    assert [f.name for f in (await _call(root, CampaignFilesState, "load")).files] == ["brief.txt"]
    assert len(await undo(root)) == 1
    assert len((await _call(root, CampaignFilesState, "load")).files) == 2
    assert await _messages(root) == ["success", "success"]


async def test_hostile_arguments_and_missing_rights(
    db: JoinedSource, owner: Context, act_as: Any, campaign: Campaign
) -> None:
    file = await attached(owner, campaign, "brief.txt")
    root = on_page(act_as(owner), campaign.id)
    await _call(root, CampaignFilesState, "load")
    for bad in ("", "../..", str(uuid4()), "\0"):
        await _call(root, CampaignFilesState, "remove", file_id=bad)
        await _call(root, CampaignFilesState, "restore", key=bad, file_id=str(file.id))
    assert set(await _messages(root)) == {"error"}
    guest = await joined(owner, "acme", "guest@acme.example", Role.GUEST, name="Gus")
    root = on_page(act_as(guest), campaign.id)
    state = await _call(root, CampaignFilesState, "load")
    await _call(root, CampaignFilesState, "remove", file_id=str(file.id))
    assert state.files == []
    state = await _call(on_page(act_as(owner), campaign.id), CampaignFilesState, "load")
    assert len(state.files) == 1
    state = await _call(on_page(act_as(owner), uuid4()), CampaignFilesState, "load")
    assert (state.files, state.loading) == ([], True)
