"""The wizard of an import: a file is uploaded, its columns are led somewhere, its first rows are looked at, it starts.

The upload is in the URL, so that reload comes back to it; what is chosen is kept in the state until then.
"""

from typing import Any

import orjson
import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.errors import UploadMissing
from enterprise_app.domains.analytics.schemas import ImportPlan, ImportPreview, PreviewEvent, PreviewRow
from enterprise_app.domains.analytics.vocabulary import PROPERTIES, TABLES, EventField, FileFormat
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import parameters

MAX_BYTES = 2 * 1024**3
PAGE = "/imports/new"
_READING = ("delimiter", "encoding", "header")
_MEANING = ("zone", "time_format", "decimal")
_WRITTEN = ("source", "site", "event_name")
_LONGEST = 255


class TableColumn(BaseModel):
    """A column with its first values, and where it leads."""

    model_config = ConfigDict(frozen=True)

    name: str
    samples: str
    target: str


class SampleRow(BaseModel):
    """A row as it would be imported, or what is wrong with it."""

    model_config = ConfigDict(frozen=True)

    id: str
    event: str
    kind: str
    time: str
    person: str
    details: str
    problem: str


class ImportWizardState(rx.State):
    """What the wizard shows now."""

    loading: bool = True
    gone: bool = False
    upload: str = ""
    upload_url: str = ""
    max_size: str = ""
    file_name: str = ""
    file_size: str = ""
    chosen: dict[str, str] = {}
    is_table: bool = False
    is_text: bool = False
    columns: list[TableColumn] = []
    rows: list[SampleRow] = []
    problems: list[str] = []
    summary: str = ""
    bad: str = ""
    starting: bool = False
    errors: dict[str, str] = {}
    _plan: dict[str, Any] = {}

    @action(Permission.EVENTS_IMPORT)
    async def load(self, ctx: Context) -> None:
        """The upload that the URL names, or the zone for one."""
        asked = parameters(self).get("upload", "")
        self.max_size = localization.format_bytes(MAX_BYTES, ctx.locale)
        if asked != self.upload or not asked:
            self._forget()
        if not asked:
            self.upload_url = f"/api/v1/analytics/uploads/{new_id()}"
            self.loading = False
            return
        self.upload = asked
        try:
            await self._show(ctx)
        except (UploadMissing, Invalid):
            self.gone = True
        except AtriumError as error:
            self.gone = error.status == 404
            if not self.gone:
                raise
        finally:
            self.loading = False

    @action(Permission.EVENTS_IMPORT)
    async def leave(self) -> None:
        """Nothing is kept for a page that is not open."""
        self.reset()

    @action(Permission.EVENTS_IMPORT)
    async def uploaded(self, ctx: Context) -> EventSpec:
        """The file is here: show it."""
        return rx.redirect(f"{PAGE}?upload={self.upload_url.rpartition('/')[2]}", replace=True)

    @action(Permission.EVENTS_IMPORT)
    async def another(self, ctx: Context) -> EventSpec:
        """Delete this file and take another."""
        try:
            await service.remove_upload(ctx, id_of(self.upload))
        except AtriumError as error:
            if error.status not in (404, 409):
                raise
        return rx.redirect(PAGE, replace=True)

    @action(Permission.EVENTS_IMPORT)
    async def choose(self, ctx: Context, word: str, value: str) -> None:
        """Read the file otherwise, or take its times and amounts otherwise."""
        value = value[:_LONGEST]
        plan = dict(self._plan)
        if word == "format":
            plan |= {"format": value, "table": {}, "mapping": None}
        elif word in _READING:
            read = {"yes": True, "no": False}.get(value) if word == "header" else value or None
            plan |= {"table": plan.get("table", {}) | {word: read}, "mapping": None}
        elif word in _MEANING:
            plan |= {"mapping": (plan.get("mapping") or {}) | {word: value or None}}
        elif word == "event_name":
            named = {EventField.EVENT.value: value.strip()} if value.strip() else {}
            plan |= {"mapping": (plan.get("mapping") or {}) | {"defaults": named}}
        elif word in _WRITTEN:
            plan |= {word: value.strip() or None}
            if word == "source" and not value.strip():
                plan.pop("source")
        await self._try(ctx, plan)

    @action(Permission.EVENTS_IMPORT)
    async def lead(self, ctx: Context, column: str, target: str) -> None:
        """A column becomes something else; what led there before becomes a property."""
        mapping = dict(self._plan.get("mapping") or {})
        targets = {name: known for name, known in mapping.get("columns", {}).items() if known != target or known in "-"}
        if target == PROPERTIES:
            targets.pop(column, None)
        else:
            targets[column] = target[:_LONGEST]
        await self._try(ctx, self._plan | {"mapping": mapping | {"columns": targets}})

    @action(Permission.EVENTS_IMPORT)
    async def start(self, ctx: Context) -> EventSpec | None:
        """Have it imported; the list shows how far it is."""
        if self.starting:
            return None
        self.starting = True
        try:
            begun = await service.start_import(ctx, id_of(self.upload), checked(ImportPlan, self._plan))
        finally:
            self.starting = False
        await toast(self, "success", translate(ctx.locale, "imports.started.toast", name=begun.file_name))
        return rx.redirect("/imports")

    async def _try(self, ctx: Context, plan: dict[str, Any]) -> None:
        """The preview of another plan; the old one stays when it can't be one."""
        checked(ImportPlan, plan)
        self._plan = plan
        await self._show(ctx)

    async def _show(self, ctx: Context) -> None:
        plan = checked(ImportPlan, self._plan)
        async with tenant_session(ctx) as session:
            upload = await service.get_upload(session, ctx, id_of(self.upload))
            seen = await service.preview_upload(session, ctx, upload.id, plan)
        self.file_name, self.file_size = upload.file_name, localization.format_bytes(upload.size, ctx.locale)
        self._take(ctx, plan, seen)

    def _take(self, ctx: Context, plan: ImportPlan, seen: ImportPreview) -> None:
        readable = bool(seen.columns)
        told = {"format": seen.format.value, "table": seen.table.model_dump(exclude_none=True)}
        if readable:
            told["mapping"] = seen.mapping.model_dump(mode="json")
        self._plan = self._plan | told
        self.is_table = seen.format in TABLES
        self.is_text = seen.format in (FileFormat.CSV, FileFormat.TSV)
        self.chosen = {
            "format": seen.format.value,
            "delimiter": seen.table.delimiter or "",
            "encoding": seen.table.encoding or "",
            "header": "no" if seen.table.header is False else "yes",
            "zone": seen.mapping.zone or ctx.zone,
            "time_format": seen.mapping.time_format or "",
            "decimal": seen.mapping.decimal,
            "event_name": seen.mapping.defaults.get(EventField.EVENT, ""),
            "source": plan.source,
            "site": plan.site or "",
        }
        self.columns = [
            TableColumn(name=column.name, samples=" · ".join(column.samples), target=_shown(column.target))
            for column in seen.columns
        ]
        self.rows = [_sample(ctx, row) for row in seen.rows]
        self.problems = list(dict.fromkeys(problem.problem for problem in seen.problems))
        wrong = sum(1 for row in seen.rows if row.event is None)
        self.summary = _counted(ctx, "imports.preview.summary", len(seen.rows))
        self.bad = _counted(ctx, "imports.preview.bad", wrong) if wrong else ""

    def _forget(self) -> None:
        """As it was before any file."""
        self.upload, self.gone, self.loading, self.starting = "", False, True, False
        self.columns, self.rows, self.problems, self.chosen, self._plan = [], [], [], {}, {}


def _shown(target: str) -> str:
    """Renamed properties are properties in the list of choices."""
    return PROPERTIES if target.startswith(f"{PROPERTIES}.") else target


def _counted(ctx: Context, key: str, number: int) -> str:
    return translate(ctx.locale, key, count=number, number=localization.format_number(number, ctx.locale))


def _sample(ctx: Context, row: PreviewRow) -> SampleRow:
    if row.event is None:
        problem = f"{row.field}: {row.problem}" if row.field else row.problem or ""
        return SampleRow(id=str(row.line), event="", kind="", time="", person="", details=row.text, problem=problem)
    event = row.event
    return SampleRow(
        id=str(row.line),
        event=event.name or event.url or "",
        kind=event.type.value,
        time=localization.format_datetime(event.occurred_at, ctx.locale, ctx.zone),
        person=event.user_id or event.anonymous_id or "",
        details=_details(event),
        problem="",
    )


def _details(event: PreviewEvent) -> str:
    parts = [event.url or ""] if event.name else []
    parts += [
        f"{name}: {value if isinstance(value, str) else orjson.dumps(value).decode()}"
        for name, value in (event.properties or {}).items()
    ]
    return " · ".join(part for part in parts if part)[:300]
