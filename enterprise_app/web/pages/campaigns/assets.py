"""The assets of one campaign: seen small, opened large, reviewed, given new versions, put away."""

from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Asset, AssetVersion
from enterprise_app.domains.campaigns.vocabulary import AssetAction, AssetState
from enterprise_app.domains.files.vocabulary import MAX_FILE_BYTES
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import MediaTile
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import choice_of, id_of, text_of, told_at
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import key_in

SHOWN = 100
TONES = {
    AssetState.DRAFT: "neutral",
    AssetState.IN_REVIEW: "info",
    AssetState.APPROVED: "success",
    AssetState.CHANGES_REQUESTED: "warning",
}


class VersionLine(BaseModel):
    """A version in the list of an open asset."""

    model_config = ConfigDict(frozen=True)

    title: str
    notes: str
    state_text: str
    tone: str
    href: str


class CampaignAssetsState(rx.State):
    """The card of assets, and the asset that is open."""

    loading: bool = True
    key: str = ""
    assets: list[MediaTile] = []
    max_size: str = ""
    more: str = ""
    opened: str = ""
    name: str = ""
    kind: str = ""
    state_text: str = ""
    tone: str = "neutral"
    notes: list[str] = []
    note: str = ""
    note_by: str = ""
    view_href: str = ""
    href: str = ""
    versions_href: str = ""
    actions: list[str] = []
    versions: list[VersionLine] = []
    asking: bool = False
    errors: dict[str, str] = {}
    _seen: int = 0

    @action(Permission.CAMPAIGNS_READ)
    async def load(self, ctx: Context) -> None:
        """The newest assets of the campaign that the URL names, and the open one anew."""
        if not self.router.url.path.startswith("/campaigns/") or not ctx.can(Permission.ASSETS_READ):
            self.reset()
            self.loading = False
            return
        key = key_in(self.router.url.path)
        if key != self.key:
            self.reset()
        try:
            async with tenant_session(ctx) as session:
                query = service.ASSETS.parse(limit=SHOWN)
                page = await service.list_assets(session, ctx, query, campaign_id=id_of(key), count=True)
        except NotFound:
            self.reset()
            return
        self.key = key
        self.assets = [_tile(ctx, asset) for asset in page.items]
        self.max_size = localization.format_bytes(MAX_FILE_BYTES, ctx.locale)
        self.more = _more(ctx, page.total or 0)
        self.loading = False
        if self.opened:
            await self._show(ctx, self.opened)

    @action(Permission.ASSETS_READ)
    async def open(self, ctx: Context, asset_id: str) -> None:
        """Look at one, with its versions."""
        self.asking = False
        await self._show(ctx, asset_id)

    @action(Permission.ASSETS_READ)
    async def close(self) -> None:
        """Back to the campaign."""
        self.opened, self.asking, self.view_href = "", False, ""

    @action(Permission.ASSETS_REVIEW)
    async def ask(self) -> None:
        """Open the field for what has to change."""
        self.asking = True

    @action(Permission.ASSETS_READ)
    async def act(self, ctx: Context, name: str) -> EventSpec:
        """Submit, approve or reopen what is shown: the version that the reader has seen, no newer one."""
        await self._review(ctx, choice_of(AssetAction, name), "")
        return CampaignAssetsState.load()

    @action(Permission.ASSETS_REVIEW)
    async def request_changes(self, ctx: Context, form: dict[str, Any]) -> EventSpec:
        """Ask for changes, with words."""
        with told_at("note"):
            await self._review(ctx, AssetAction.REQUEST_CHANGES, text_of(form, "note")[:1000])
        self.asking = False
        return CampaignAssetsState.load()

    @action(Permission.ASSETS_MANAGE)
    async def archive(self, ctx: Context) -> EventSpec:
        """Put the open one away; the message offers to bring it back."""
        asset_id = self.opened
        async with tenant_session(ctx) as session:
            asset = await service.archive_asset(session, ctx, id_of(asset_id))
        self.opened, self.view_href = "", ""
        undo = CampaignAssetsState.restore(asset_id)
        await toast(self, "success", translate(ctx.locale, "assets.archived", name=asset.name), undo=undo)
        return CampaignAssetsState.load()

    @action(Permission.ASSETS_MANAGE)
    async def restore(self, ctx: Context, asset_id: str) -> EventSpec:
        """Bring one back, also from another page than its campaign's."""
        async with tenant_session(ctx) as session:
            asset = await service.restore_asset(session, ctx, id_of(asset_id))
        await toast(self, "success", translate(ctx.locale, "assets.restored", name=asset.name))
        return CampaignAssetsState.load()

    async def _review(self, ctx: Context, wanted: AssetAction, note: str) -> None:
        async with tenant_session(ctx) as session:
            asset = await service.review_asset(
                session, ctx, id_of(self.opened), wanted, note=note, expected_version=self._seen
            )
        await toast(self, "success", translate(ctx.locale, f"assets.done.{wanted.value}", name=asset.name))

    async def _show(self, ctx: Context, asset_id: str) -> None:
        async with tenant_session(ctx) as session:
            asset = await service.get_asset(session, ctx, id_of(asset_id))
            query = service.ASSET_VERSIONS.parse(limit=20)
            page = await service.list_asset_versions(session, ctx, asset.id, query)
            parent = await service.get_asset(session, ctx, asset.parent_id) if asset.parent_id else None
        if asset.archived_at is not None:  # put away in another window
            self.opened, self.view_href = "", ""
            return
        self.opened, self.name, self.kind, self._seen = str(asset.id), asset.name, asset.kind.value, asset.version
        self.state_text, self.tone = _state(ctx, asset.state), TONES[asset.state]
        self.note = asset.note
        self.note_by = translate(ctx.locale, "assets.note.by", name=asset.reviewed_by_name) if asset.note else ""
        self.notes = _facts(ctx, asset, parent.name if parent else "")
        self.href = f"/api/v1/assets/{asset.id}/content"
        self.versions_href = f"/api/v1/assets/{asset.id}/versions"
        self.view_href = "" if self.kind == "video" else f"{self.versions_href}/{asset.number}/content?inline=true"
        self.actions = [a.value for a in service.allowed_asset_actions(asset.state) if _may(ctx, a)]
        self.versions = [_version(ctx, version) for version in page.items]


def _may(ctx: Context, wanted: AssetAction) -> bool:
    return ctx.can(service.ASSET_PERMISSIONS[wanted])


def _state(ctx: Context, state: AssetState) -> str:
    return translate(ctx.locale, f"assets.state.{state.value}")


def _tile(ctx: Context, asset: Asset) -> MediaTile:
    kind = translate(ctx.locale, f"assets.kind.{asset.kind.value}")
    thumb = f"/api/v1/assets/{asset.id}/versions/{asset.number}/thumbnail" if asset.has_thumbnail else ""
    words = [translate(ctx.locale, "assets.variant")] if asset.parent_id else []
    words += [kind, localization.format_bytes(asset.size, ctx.locale)]
    return MediaTile(
        id=str(asset.id), name=asset.name, kind=asset.kind.value, notes=" · ".join(words), thumb=thumb,
        state_text=_state(ctx, asset.state), tone=TONES[asset.state],
    )  # fmt: skip


def _facts(ctx: Context, asset: Asset, parent: str) -> list[str]:
    size = localization.format_bytes(asset.size, ctx.locale)
    dots = f"{asset.width} × {asset.height}" if asset.width and asset.height else ""
    when = localization.format_datetime(asset.created_at, ctx.locale, ctx.zone)
    origin = translate(ctx.locale, "assets.variant_of", name=parent) if parent else ""
    return [text for text in (origin, dots, size, asset.created_by_name, when) if text]


def _version(ctx: Context, version: AssetVersion) -> VersionLine:
    when = localization.format_datetime(version.created_at, ctx.locale, ctx.zone)
    size = localization.format_bytes(version.size, ctx.locale)
    return VersionLine(
        title=translate(ctx.locale, "assets.version", number=localization.format_number(version.number, ctx.locale)),
        notes=" · ".join(text for text in (size, version.created_by_name, when) if text),
        state_text=_state(ctx, version.state), tone=TONES[version.state],
        href=f"/api/v1/assets/{version.asset_id}/versions/{version.number}/content",
    )  # fmt: skip


def _more(ctx: Context, total: int) -> str:
    if total <= SHOWN:
        return ""
    shown, all_ = (localization.format_number(number, ctx.locale) for number in (SHOWN, total))
    return translate(ctx.locale, "assets.more", shown=shown, total=all_)
