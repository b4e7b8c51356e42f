"""Expected failures of campaigns."""

from enterprise_app.core.errors import Conflict, Forbidden, Gone, NotFound

from .vocabulary import AssetAction, AssetState, CampaignAction, CampaignStatus


class CampaignNotFound(NotFound):
    """No such campaign in this tenant."""

    code = "campaign_not_found"


class CampaignArchivedError(Conflict):
    """An archived campaign is not edited; restore it first."""

    code = "campaign_archived"


def wrong_status(action: CampaignAction, status: CampaignStatus, allowed: list[CampaignStatus]) -> Conflict:
    """409: the action does not start from this status; `allowed` are those it starts from."""
    return Conflict("campaign_wrong_status", action=action.value, status=status.value, allowed=", ".join(allowed))


class AssetNotFound(NotFound):
    """No such asset (or version of it) in this tenant."""

    code = "asset_not_found"


class AssetArchivedError(Conflict):
    """An archived asset is not changed; restore it first."""

    code = "asset_archived"


class AssetOwn(Forbidden):
    """Whoever made a content does not approve it, while somebody else may."""

    code = "asset_own"


class AssetUnchanged(Conflict):
    """The content is that of the newest version already."""

    code = "asset_unchanged"


class AssetContentGone(Gone):
    """It was archived too long ago: its content has been purged."""

    code = "asset_content_gone"


def wrong_asset_state(action: AssetAction, state: AssetState, allowed: list[AssetState]) -> Conflict:
    """409: the review can't do this from here; `allowed` are the states it starts from."""
    return Conflict("asset_wrong_state", action=action.value, state=state.value, allowed=", ".join(allowed))
