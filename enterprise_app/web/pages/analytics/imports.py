"""The list of imports: how far they are, what came of them, cancel, run again."""

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import has_text, translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import ImportStatus
from enterprise_app.domains.analytics.vocabulary import FileFormat, ImportState
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.analytics.sources import TONES
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import id_of
from enterprise_app.web.shell.lists import Choice, counted, listed, showing
from enterprise_app.web.shell.toasts import toast

FILTERED = [state for state in ImportState if state is not ImportState.INTERRUPTED]
"""States that a filter can name: an interrupted import is a running one that has gone silent."""
_GOING = (ImportState.QUEUED, ImportState.RUNNING, ImportState.INTERRUPTED)


class FileImport(BaseModel):
    """One import in the list."""

    model_config = ConfigDict(frozen=True)

    id: str
    file: str
    about: str
    state: str
    tone: str
    running: bool
    percent: int
    progress: str
    error: str
    accepted: str
    duplicates: str
    rejected: str
    rejects_href: str
    started: str
    can_cancel: bool
    can_repeat: bool


class ImportsState(listed(Permission.EVENTS_READ, Choice("state", FILTERED), Choice("format", FileFormat)), rx.State):
    """What the page of imports shows now."""

    rows: list[FileImport] = []
    asking: str = ""

    @action(Permission.EVENTS_READ)
    async def load(self, ctx: Context) -> None:
        """The imports that the URL asks for."""
        with showing(self):
            query = self._query(ctx, service.IMPORTS)
            async with tenant_session(ctx) as session:
                page = await service.list_imports(session, ctx, query, count=True)
            self.rows = [_row(ctx, entry) for entry in page.items]
            self._turned(page, counted(ctx, "imports.total", page.total) if page.total else "")

    @action(Permission.EVENTS_IMPORT)
    async def ask(self, key: str) -> None:
        """Cancelling asks first: what was read is thrown away."""
        self.asking = key

    @action(Permission.EVENTS_READ)
    async def close(self) -> None:
        """Put the question away."""
        self.asking = ""

    @action(Permission.EVENTS_IMPORT)
    async def cancel(self, ctx: Context) -> EventSpec:
        """Stop the import that was asked about."""
        key, self.asking = self.asking, ""
        async with tenant_session(ctx) as session:
            stopped = await service.cancel_import(session, ctx, id_of(key))
        told = "cancelled" if stopped.state is ImportState.CANCELLED else "stopping"
        await toast(self, "success", translate(ctx.locale, f"imports.{told}.toast", name=stopped.file_name))
        return ImportsState.load()

    @action(Permission.EVENTS_IMPORT)
    async def repeat(self, ctx: Context, key: str) -> EventSpec:
        """The same file with the same plan once more."""
        again = await service.import_again(ctx, id_of(key))
        await toast(self, "success", translate(ctx.locale, "imports.again.toast", name=again.file_name))
        return ImportsState.load()


def _row(ctx: Context, entry: ImportStatus) -> FileImport:
    number = lambda value: localization.format_number(value, ctx.locale)  # noqa: E731
    running = entry.state is ImportState.RUNNING
    share = entry.done_bytes / entry.total_bytes if entry.total_bytes else 0
    state = "stopping" if running and entry.cancel_asked_at else entry.state.value
    about = [translate(ctx.locale, f"imports.format.{entry.format.name.lower()}"), entry.source_name]
    percent = localization.format_percent(share, ctx.locale)
    return FileImport(
        id=str(entry.id),
        file=entry.file_name,
        about=" · ".join(about),
        state=translate(ctx.locale, f"imports.state.{state}"),
        tone=TONES[entry.state],
        running=running,
        percent=round(100 * share),
        progress=translate(ctx.locale, "imports.progress", percent=percent, lines=number(entry.lines)),
        error=_error(ctx, entry),
        accepted=number(entry.accepted),
        duplicates=number(entry.duplicates),
        rejected=number(entry.rejected),
        rejects_href=f"/api/v1/analytics/imports/{entry.id}/rejects" if entry.rejects_bytes else "",
        started=localization.format_datetime(entry.created_at, ctx.locale, ctx.zone),
        can_cancel=entry.state in _GOING and entry.cancel_asked_at is None,
        can_repeat=entry.upload_id is not None
        and entry.state in (ImportState.CANCELLED, ImportState.FAILED, ImportState.INTERRUPTED),
    )


def _error(ctx: Context, entry: ImportStatus) -> str:
    """Why it failed; its state says already that it was cancelled."""
    if entry.state is not ImportState.FAILED:
        return ""
    key = f"errors.{entry.error}"
    return translate(ctx.locale, key if has_text(key) else "imports.failed")
