"""The files of one campaign: who sees them may load them down, who may change it attaches and removes them."""

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.files.schemas import File
from enterprise_app.domains.files.vocabulary import MAX_FILE_BYTES, kind_of
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.components.shapes import FileLine
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import key_in

SHOWN = 100


class CampaignFilesState(rx.State):
    """What the card of files shows."""

    loading: bool = True
    key: str = ""
    files: list[FileLine] = []
    max_size: str = ""
    more: str = ""

    @action(Permission.CAMPAIGNS_READ)
    async def load(self, ctx: Context) -> None:
        """The newest files of the campaign that the URL names; those of a page left meanwhile are put away."""
        if not self.router.url.path.startswith("/campaigns/"):
            self.reset()
            return
        key = key_in(self.router.url.path)
        if key != self.key:
            self.reset()
        try:
            async with tenant_session(ctx) as session:
                query = service.FILES.parse(limit=SHOWN)
                page = await service.list_campaign_files(session, ctx, id_of(key), query, count=True)
        except NotFound:
            self.reset()
            return
        self.key = key
        self.files = [_line(ctx, key, file) for file in page.items]
        self.max_size = localization.format_bytes(MAX_FILE_BYTES, ctx.locale)
        self.more = _more(ctx, page.total or 0)
        self.loading = False

    @action(Permission.CAMPAIGNS_UPDATE)
    async def remove(self, ctx: Context, file_id: str) -> EventSpec:
        """Put a file away; the message offers to bring it back."""
        key = self.key
        async with tenant_session(ctx) as session:
            file = await service.remove_file(session, ctx, id_of(key), id_of(file_id))
        undo = CampaignFilesState.restore(key, file_id)
        await toast(self, "success", translate(ctx.locale, "files.removed", name=file.name), undo=undo)
        return CampaignFilesState.load()

    @action(Permission.CAMPAIGNS_UPDATE)
    async def restore(self, ctx: Context, key: str, file_id: str) -> EventSpec:
        """Bring a file back, also from another page than its campaign's."""
        async with tenant_session(ctx) as session:
            file = await service.restore_file(session, ctx, id_of(key), id_of(file_id))
        await toast(self, "success", translate(ctx.locale, "files.restored", name=file.name))
        return CampaignFilesState.load()


def _line(ctx: Context, key: str, file: File) -> FileLine:
    kind = kind_of(file.content_type)
    href = f"/api/v1/campaigns/{key}/files/{file.id}/content"
    when = localization.format_datetime(file.created_at, ctx.locale, ctx.zone)
    return FileLine(
        id=str(file.id),
        name=file.name,
        kind=kind.value,
        kind_text=translate(ctx.locale, f"files.kind.{kind.value}"),
        notes=[text for text in (localization.format_bytes(file.size, ctx.locale), file.created_by_name, when) if text],
        href=href,
        view_href=f"{href}?inline=true" if file.shown_inline else "",
    )


def _more(ctx: Context, total: int) -> str:
    if total <= SHOWN:
        return ""
    shown, all_ = (localization.format_number(number, ctx.locale) for number in (SHOWN, total))
    return translate(ctx.locale, "files.more", shown=shown, total=all_)
