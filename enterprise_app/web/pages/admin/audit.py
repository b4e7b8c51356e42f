"""The audit trail: filters and page are in the URL; the chain can be checked, the matching entries exported."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service
from enterprise_app.domains.audit.schemas import AuditEntry, ChainReport
from enterprise_app.domains.audit.vocabulary import Outcome
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.pages.admin.audit_shapes import Detail, EntryRow, ViewRow, detail_of, row_of, view_of
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import go_back, go_on, showing
from enterprise_app.web.shell.urls import change_view, parameters

FILTERS = ("actor", "verb", "outcome", "start", "end")


class ChainResult(BaseModel):
    """What checking the chain found."""

    model_config = ConfigDict(frozen=True)

    ok: bool = True
    text: str = ""
    breaks: list[str] = []


class AuditState(rx.State):
    """What the page of the audit trail shows now."""

    loading: bool = True
    failed: bool = False
    actor: str = ""
    verb: str = ""
    outcome: str = ""
    start: str = ""
    end: str = ""
    rows: list[EntryRow] = []
    views: list[ViewRow] = []
    next_cursor: str = ""
    can_go_back: bool = False
    export: str = ""
    shown: Detail = Detail()
    verifying: bool = False
    result: ChainResult = ChainResult()
    _trail: list[str] = []

    @action(Permission.AUDIT_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            words = parameters(self)
            self.actor = words.get("actor", "")[:100]
            self.verb = words.get("verb", "") if words.get("verb") in list(AuditVerb) else ""
            self.outcome = words.get("outcome", "") if words.get("outcome") in list(Outcome) else ""
            self.start, self.end = _day(words.get("start", "")), _day(words.get("end", ""))
            cursor = words.get("cursor") or None
            filters = self._filters(ctx)
            async with tenant_session(ctx) as session:
                page = await service.list_entries(session, ctx, service.LISTING.parse(filters=filters, cursor=cursor))
                views = await service.list_views(session, ctx)
            self.views = [view_of(view) for view in views.items]
            self.rows = [row_of(ctx, entry) for entry in page.items]
            self.next_cursor, self.can_go_back = page.next_cursor or "", cursor is not None
            self.export = urlencode([("filter", text) for text in filters])

    def _filters(self, ctx: Context) -> list[str]:
        """The view as the list grammar says it."""
        found = [f"actor_name:contains:{self.actor}"] if self.actor else []
        found += [f"verb:eq:{self.verb}"] if self.verb else []
        found += [f"outcome:eq:{self.outcome}"] if self.outcome else []
        found += [f"occurred_at:gte:{_midnight(ctx, self.start, 0)}"] if self.start else []
        found += [f"occurred_at:lt:{_midnight(ctx, self.end, 1)}"] if self.end else []
        return found

    @action(Permission.AUDIT_READ)
    async def leave(self) -> None:
        """Rows are not kept for a page that is not open."""
        self.reset()

    @action(Permission.AUDIT_READ)
    async def set_filter(self, name: str, value: str) -> EventSpec | None:
        """Narrow the list; empty widens it."""
        if name not in FILTERS or value == getattr(self, name):
            return None
        return change_view(self, replace=True, **{name: value[:100]}, cursor="")

    @action(Permission.AUDIT_READ)
    async def next_page(self) -> EventSpec:
        """Further back in time."""
        return go_on(self)

    @action(Permission.AUDIT_READ)
    async def previous_page(self) -> EventSpec:
        """Back."""
        return go_back(self)

    @action(Permission.AUDIT_READ)
    async def open(self, ctx: Context, key: str) -> None:
        """Everything that one entry holds."""
        self.shown = detail_of(ctx, await _entry(ctx, key))

    @action(Permission.AUDIT_READ)
    async def close(self) -> None:
        """Close the entry."""
        self.shown = Detail()

    @action(Permission.AUDIT_READ)
    async def verify(self, ctx: Context) -> AsyncIterator[None]:
        """Walk the whole chain and say what is broken."""
        self.verifying, self.result = True, ChainResult()
        yield
        try:
            async with tenant_session(ctx) as session:
                self.result = _result(ctx, await service.verify_own(session, ctx))
        finally:
            self.verifying = False


async def _entry(ctx: Context, key: str) -> AuditEntry:
    query = service.LISTING.parse(filters=[f"seq:eq:{key}"], limit=1)
    async with tenant_session(ctx) as session:
        page = await service.list_entries(session, ctx, query)
    if not page.items:
        raise NotFound
    return page.items[0]


def _result(ctx: Context, report: ChainReport) -> ChainResult:
    key = "admin.audit.whole" if report.ok else "admin.audit.broken"
    number = localization.format_number(report.entries, ctx.locale)
    breaks = [
        translate(ctx.locale, f"admin.break.{found.kind.value}", seq=localization.format_number(found.seq, ctx.locale))
        for found in report.breaks
    ]
    text = translate(ctx.locale, key, count=report.entries, number=number)
    return ChainResult(ok=report.ok, text=text, breaks=breaks)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _midnight(ctx: Context, day: str, later: int) -> str:
    """The start of a local day (or of one some days later) as UTC."""
    try:
        local = date.fromisoformat(day) + timedelta(days=later)
        return datetime.combine(local, time.min, ZoneInfo(ctx.zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except OverflowError:
        return datetime.max.strftime("%Y-%m-%dT%H:%M:%SZ")
