"""Who hears that an asset was looked at. Analytics does, which stands above: the composition root introduces it."""

from collections.abc import Callable
from uuid import UUID

from enterprise_app.core.context import Context

from ..models import AssetRow

Heard = Callable[[UUID, UUID, UUID, int, str | None, str | None], None]
"""Tenant, asset, campaign, version, the agent and address of who looked. Must return at once."""

_heard: list[Heard] = []


def on_asset_view(heard: Heard) -> None:
    """Tell this one of every content that is served; once at the start of a process."""
    if heard not in _heard:
        _heard.append(heard)


def tell_view(ctx: Context, row: AssetRow, number: int) -> None:
    """A content of the asset is on its way to somebody."""
    for heard in _heard:
        heard(ctx.tenant_id, row.id, row.campaign_id, number, ctx.agent, ctx.ip)
