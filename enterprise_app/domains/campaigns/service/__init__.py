"""The door of campaigns: every use case takes `(session, ctx, …)`, checks, audits and publishes."""

from ..queries.assets import LISTING as ASSETS
from ..queries.assets import VERSION_LISTING as ASSET_VERSIONS
from ..queries.campaigns import KIND, LISTING
from ..rules.assets import allowed_asset_actions
from ..rules.campaigns import allowed_actions
from .actions import PERMISSIONS, act_on_campaign, act_on_campaigns
from .asset_reviews import ASSET_PERMISSIONS, review_asset
from .asset_uploads import add_asset, add_version, create_variant
from .asset_views import on_asset_view
from .assets import (
    Opened,
    Thumbnail,
    archive_asset,
    get_asset,
    get_asset_thumbnail,
    list_asset_versions,
    list_assets,
    open_asset,
    read_asset,
    restore_asset,
    update_asset,
)
from .editing import create_campaign, duplicate_campaign, update_campaign
from .files import (
    FILES,
    attach_file,
    get_campaign_file,
    list_campaign_files,
    open_campaign_file,
    remove_file,
    restore_file,
)
from .reading import get_board, get_calendar, get_campaign, list_campaigns

__all__ = [
    "ASSETS",
    "ASSET_PERMISSIONS",
    "ASSET_VERSIONS",
    "FILES",
    "KIND",
    "LISTING",
    "PERMISSIONS",
    "Opened",
    "Thumbnail",
    "act_on_campaign",
    "act_on_campaigns",
    "add_asset",
    "add_version",
    "allowed_actions",
    "allowed_asset_actions",
    "archive_asset",
    "attach_file",
    "create_campaign",
    "create_variant",
    "duplicate_campaign",
    "get_asset",
    "get_asset_thumbnail",
    "get_board",
    "get_calendar",
    "get_campaign",
    "get_campaign_file",
    "list_asset_versions",
    "list_assets",
    "list_campaign_files",
    "list_campaigns",
    "on_asset_view",
    "open_asset",
    "open_campaign_file",
    "read_asset",
    "remove_file",
    "restore_asset",
    "restore_file",
    "review_asset",
    "update_asset",
    "update_campaign",
]
