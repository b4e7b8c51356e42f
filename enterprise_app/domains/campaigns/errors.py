"""Expected failures of campaigns."""

from enterprise_app.core.errors import Conflict, NotFound

from .vocabulary import CampaignAction, CampaignStatus


class CampaignNotFound(NotFound):
    """No such campaign in this tenant."""

    code = "campaign_not_found"


class CampaignArchivedError(Conflict):
    """An archived campaign is not edited; restore it first."""

    code = "campaign_archived"


def wrong_status(action: CampaignAction, status: CampaignStatus, allowed: list[CampaignStatus]) -> Conflict:
    """409: the action does not start from this status; `allowed` are those it starts from."""
    return Conflict("campaign_wrong_status", action=action.value, status=status.value, allowed=", ".join(allowed))
