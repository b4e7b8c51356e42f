"""Each use case of campaigns refuses by itself without its right; an act needs that of the act."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import AssetChange, CampaignChange, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import AssetAction, CampaignAction
from tests.domains.rights import Case, case, refuses


async def body() -> AsyncIterator[bytes]:
    """A content that nobody may read before the right was checked."""
    raise AssertionError("the content was read")
    yield b""


DAY = date(2026, 1, 1)
NEEDED = {
    CampaignAction.ACTIVATE: Permission.CAMPAIGNS_UPDATE,
    CampaignAction.ARCHIVE: Permission.CAMPAIGNS_DELETE,
    CampaignAction.COMPLETE: Permission.CAMPAIGNS_UPDATE,
    CampaignAction.PAUSE: Permission.CAMPAIGNS_UPDATE,
    CampaignAction.RESTORE: Permission.CAMPAIGNS_DELETE,
}
REVIEWS = {
    AssetAction.APPROVE: Permission.ASSETS_REVIEW,
    AssetAction.REOPEN: Permission.ASSETS_MANAGE,
    AssetAction.REQUEST_CHANGES: Permission.ASSETS_REVIEW,
    AssetAction.SUBMIT: Permission.ASSETS_MANAGE,
}
CASES = [
    case(Permission.CAMPAIGNS_CREATE, service.create_campaign, CampaignDraft(name="A")),
    case(Permission.CAMPAIGNS_CREATE, service.duplicate_campaign, new_id()),
    case(Permission.CAMPAIGNS_READ, service.duplicate_campaign, new_id()),
    case(Permission.CAMPAIGNS_UPDATE, service.update_campaign, new_id(), 1, CampaignChange()),
    *(case(needs, service.act_on_campaign, new_id(), action) for action, needs in NEEDED.items()),
    *(case(needs, service.act_on_campaigns, action, [new_id()]) for action, needs in NEEDED.items()),
    case(Permission.CAMPAIGNS_READ, service.get_campaign, new_id()),
    case(Permission.CAMPAIGNS_READ, service.list_campaigns, service.LISTING.parse()),
    case(Permission.CAMPAIGNS_READ, service.get_board),
    case(Permission.CAMPAIGNS_READ, service.get_calendar, DAY, DAY),
    case(Permission.CAMPAIGNS_READ, service.list_campaign_files, new_id(), service.FILES.parse()),
    case(Permission.CAMPAIGNS_READ, service.get_campaign_file, new_id(), new_id()),
    case(Permission.CAMPAIGNS_READ, service.open_campaign_file, new_id(), new_id()),
    case(Permission.CAMPAIGNS_UPDATE, service.attach_file, new_id(), body(), name="a"),
    case(Permission.CAMPAIGNS_UPDATE, service.remove_file, new_id(), new_id()),
    case(Permission.CAMPAIGNS_UPDATE, service.restore_file, new_id(), new_id()),
    case(Permission.ASSETS_MANAGE, service.add_asset, new_id(), body(), name="a"),
    case(Permission.ASSETS_MANAGE, service.add_version, new_id(), body()),
    case(Permission.ASSETS_MANAGE, service.create_variant, new_id(), b"a", name="a", generator={}),
    case(Permission.ASSETS_MANAGE, service.update_asset, new_id(), 1, AssetChange()),
    case(Permission.ASSETS_MANAGE, service.archive_asset, new_id()),
    case(Permission.ASSETS_MANAGE, service.restore_asset, new_id()),
    case(Permission.ASSETS_READ, service.get_asset, new_id()),
    case(Permission.ASSETS_READ, service.get_asset_thumbnail, new_id()),
    case(Permission.ASSETS_READ, service.list_assets, service.ASSETS.parse()),
    case(Permission.ASSETS_READ, service.list_asset_versions, new_id(), service.ASSET_VERSIONS.parse()),
    case(Permission.ASSETS_READ, service.open_asset, new_id()),
    case(Permission.ASSETS_READ, service.read_asset, new_id()),
    *(case(needs, service.review_asset, new_id(), action, note="a") for action, needs in REVIEWS.items()),
]


def test_every_act_needs_a_right() -> None:
    assert service.PERMISSIONS == NEEDED
    assert set(NEEDED) == set(CampaignAction)
    assert service.ASSET_PERMISSIONS == REVIEWS
    assert set(REVIEWS) == set(AssetAction)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_without_the_right_the_service_refuses(case: Case) -> None:
    await refuses(case)
