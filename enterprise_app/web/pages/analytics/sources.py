"""Sources: their write keys and snippets, and the imports that ran."""

from typing import Any
from uuid import UUID

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import ImportStatus, Source, SourceDraft, SourcePrivacy
from enterprise_app.domains.analytics.vocabulary import ImportState, SourceKind
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.lists import Choice, listed, showing
from enterprise_app.web.shell.toasts import toast

WAYS = ("html", "pixel", "browser", "node", "python", "curl")
"""Ready code for a source, by the names of `schemas.Snippet`."""
TONES = {
    ImportState.CANCELLED: "neutral",
    ImportState.FINISHED: "success",
    ImportState.RUNNING: "accent",
    ImportState.QUEUED: "neutral",
    ImportState.FAILED: "danger",
    ImportState.INTERRUPTED: "warning",
}


class SourceRow(BaseModel):
    """One source in the list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    kind: str
    write_key: str
    last_event: str
    live: bool
    status: str


class ImportRow(BaseModel):
    """One import in the list."""

    model_config = ConfigDict(frozen=True)

    id: str
    file: str
    state: str
    tone: str
    accepted: str
    rejected: str
    duplicates: str
    started: str
    running: bool
    percent: int


class SourcesState(listed(Permission.SOURCES_READ, Choice("kind", SourceKind)), rx.State):
    """What the page of sources shows now."""

    rows: list[SourceRow] = []
    imports: list[ImportRow] = []
    adding: bool = False
    shown: str = ""
    shown_name: str = ""
    shown_key: str = ""
    shown_version: int = 0
    how: str = WAYS[0]
    codes: dict[str, str] = {}
    do_not_track: str = ""
    consent_required: bool = False
    asking: str = ""
    errors: dict[str, str] = {}

    @action(Permission.SOURCES_READ)
    async def load(self, ctx: Context) -> None:
        """The sources that the URL asks for, and the last imports."""
        with showing(self):
            await self._refresh(ctx)
            async with tenant_session(ctx) as session:
                recent = await service.list_imports(session, ctx, service.IMPORTS.parse(limit=10))
            self.imports = [_import_row(ctx, entry) for entry in recent.items]

    @action(Permission.SOURCES_MANAGE)
    async def start_adding(self) -> None:
        """Open the form."""
        self.adding, self.errors = True, {}

    @action(Permission.SOURCES_READ)
    async def close(self) -> None:
        """Close whatever is open."""
        self.adding, self.shown, self.asking, self.codes = False, "", "", {}

    @action(Permission.SOURCES_MANAGE)
    async def add(self, ctx: Context, form: dict[str, Any]) -> None:
        """A new source; its snippet opens at once."""
        kind = text_of(form, "kind") or SourceKind.WEB.value
        draft = checked(SourceDraft, {"name": text_of(form, "name"), "kind": kind})
        async with tenant_session(ctx) as session:
            source = await service.create_source(session, ctx, draft)
        self.adding = False
        await self._open(ctx, source.id)
        await self._refresh(ctx)

    @action(Permission.SOURCES_READ)
    async def open(self, ctx: Context, key: str) -> None:
        """Write key and snippet of a source."""
        await self._open(ctx, id_of(key))

    @action(Permission.SOURCES_READ)
    async def choose_way(self, way: str) -> None:
        """Show the code for another way in."""
        self.how = way if way in WAYS else WAYS[0]

    @action(Permission.SOURCES_MANAGE)
    async def save_privacy(self, ctx: Context, form: dict[str, Any]) -> None:
        """What becomes of visitors who ask not to be tracked, and whether the snippet waits for consent."""
        privacy = checked(
            SourcePrivacy,
            {"do_not_track": text_of(form, "do_not_track"), "consent_required": bool(form.get("consent_required"))},
        )
        source_id = id_of(self.shown)
        with told_at("do_not_track"):
            async with tenant_session(ctx) as session:
                await service.change_privacy(session, ctx, source_id, self.shown_version, privacy)
        await self._open(ctx, source_id)
        await toast(self, "success", translate(ctx.locale, "analytics.sources.privacy_toast", name=self.shown_name))

    async def _open(self, ctx: Context, source_id: UUID) -> None:
        async with tenant_session(ctx) as session:
            source = await service.get_source(session, ctx, source_id)
            self.codes = (await service.get_snippet(session, ctx, source_id)).model_dump()
        self.shown, self.shown_name, self.shown_key = str(source.id), source.name, source.write_key
        self.shown_version, self.errors = source.version, {}
        self.do_not_track, self.consent_required = source.do_not_track.value, source.consent_required

    @action(Permission.SOURCES_MANAGE)
    async def ask(self, key: str) -> None:
        """Revoking asks first: sites with the key stop reporting."""
        self.asking = key

    @action(Permission.SOURCES_MANAGE)
    async def revoke(self, ctx: Context) -> None:
        """The write key stops working within seconds."""
        key, self.asking = self.asking, ""
        async with tenant_session(ctx) as session:
            source = await service.revoke_source(session, ctx, id_of(key))
        await toast(self, "success", translate(ctx.locale, "analytics.sources.revoked_toast", name=source.name))
        await self._refresh(ctx)

    async def _refresh(self, ctx: Context) -> None:
        query = self._query(ctx, service.SOURCES)
        async with tenant_session(ctx) as session:
            page = await service.list_sources(session, ctx, query)
        self.rows = [_source_row(ctx, source) for source in page.items]
        self._turned(page)


def _source_row(ctx: Context, source: Source) -> SourceRow:
    never = translate(ctx.locale, "analytics.sources.never")
    seen = source.last_event_at
    status = "revoked" if source.revoked_at else ("receiving" if seen else "waiting")
    if source.kind is SourceKind.IMPORT and status == "waiting":
        status, never = "imports", "–"  # files don't wait for anything
    return SourceRow(
        id=str(source.id),
        name=source.name,
        kind=translate(ctx.locale, f"analytics.kind.{source.kind.value}"),
        write_key=f"{source.write_key[:4]}…{source.write_key[-8:]}",  # they begin alike
        last_event=localization.format_datetime(seen, ctx.locale, ctx.zone) if seen else never,
        live=source.revoked_at is None,
        status=status,
    )


def _import_row(ctx: Context, entry: ImportStatus) -> ImportRow:
    number = lambda value: localization.format_number(value, ctx.locale)  # noqa: E731
    share = entry.done_bytes / entry.total_bytes if entry.total_bytes else 0
    return ImportRow(
        id=str(entry.id),
        file=entry.file_name,
        state=translate(ctx.locale, f"imports.state.{entry.state.value}"),
        tone=TONES[entry.state],
        accepted=number(entry.accepted),
        rejected=number(entry.rejected),
        duplicates=number(entry.duplicates),
        started=localization.format_datetime(entry.created_at, ctx.locale, ctx.zone),
        running=entry.state is ImportState.RUNNING,
        percent=round(100 * share),
    )
