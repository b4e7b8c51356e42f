"""One campaign: its facts, what can be done with it, and what happened to it."""

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.vocabulary import CampaignAction, CampaignStatus
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.campaigns.assets import CampaignAssetsState
from enterprise_app.web.pages.campaigns.assets_variants import VariantsState
from enterprise_app.web.pages.campaigns.files import CampaignFilesState
from enterprise_app.web.pages.campaigns.shapes import row_of, utm_value
from enterprise_app.web.pages.campaigns.state import ACTS, UNDO, duplicated
from enterprise_app.web.shell.acting import is_open, opened
from enterprise_app.web.shell.action import action


def way_back(done: CampaignAction, before: str) -> CampaignAction | None:
    """The act that leads back to the status before; completing is final, and no act leads back to a draft."""
    if done is CampaignAction.ACTIVATE and before == CampaignStatus.PAUSED:
        return CampaignAction.PAUSE
    return CampaignAction.ARCHIVE if done is CampaignAction.RESTORE else UNDO.get(done)


class CampaignState(rx.State):
    """What the page of one campaign shows."""

    loading: bool = True
    missing: bool = False
    key: str = ""
    name: str = ""
    utm: str = ""
    description: str = ""
    objective: str = ""
    status: str = ""
    status_text: str = ""
    tone: str = "neutral"
    budget: str = ""
    dates: str = ""
    channels: str = ""
    tags: list[str] = []
    actions: list[str] = []
    created: str = ""
    updated: str = ""
    asking: bool = False

    @action(Permission.CAMPAIGNS_READ)
    async def load(self, ctx: Context) -> list[EventSpec] | None:
        """Show the campaign that the URL names, then its assets and files."""
        campaign = await opened(self, ctx, service.get_campaign)
        if campaign is None:
            return None
        row = row_of(ctx, campaign)
        for name in ("name", "objective", "status", "status_text", "tone", "budget", "dates", "channels"):
            setattr(self, name, getattr(row, name))
        self.utm = utm_value(campaign.name)
        self.tags, self.actions, self.description = row.tags, row.actions, campaign.description
        self.created = localization.format_datetime(campaign.created_at, ctx.locale, ctx.zone)
        self.updated = row.updated
        self.loading = False
        return [CampaignAssetsState.load(), CampaignFilesState.load(), VariantsState.follow()]

    @action(Permission.CAMPAIGNS_READ)
    async def ask(self) -> None:
        """Archiving an active campaign asks first."""
        self.asking = True

    @action(Permission.CAMPAIGNS_READ)
    async def keep(self) -> None:
        """It stays."""
        self.asking = False

    @action(Permission.CAMPAIGNS_READ)
    async def act(self, ctx: Context, name: str) -> EventSpec:
        """Activate, pause, complete, archive or restore, with undo; the service checks the right for each."""
        self.asking, key = False, self.key
        back = {act: way for act in CampaignAction if (way := way_back(act, self.status)) is not None}
        await ACTS.do(self, ctx, key, name, undo=lambda way: CampaignState.take_back(key, way), back=back)
        return CampaignState.load()

    @action(Permission.CAMPAIGNS_READ)
    async def take_back(self, ctx: Context, key: str, name: str) -> EventSpec | None:
        """What a message offered to undo: for the campaign it was about, whichever page is open by now."""
        await ACTS.do(self, ctx, key, name)
        return CampaignState.load() if is_open(self, "campaigns") else None

    @action(Permission.CAMPAIGNS_CREATE)
    async def duplicate(self, ctx: Context) -> EventSpec:
        """A draft copy, opened for editing."""
        return await duplicated(ctx, self.key)
