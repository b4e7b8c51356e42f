"""The audit trail: filters and page are in the URL; the chain can be checked, the matching entries exported."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import reflex as rx
from pydantic import BaseModel, ConfigDict

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
from enterprise_app.web.shell.lists import Choice, Day, Words, listed, showing

FILTERS = (
    Words("actor", "actor_name"),
    Choice("verb", AuditVerb),
    Choice("outcome", Outcome),
    Day("start", "occurred_at"),
    Day("end", "occurred_at", last=True),
)


class ChainResult(BaseModel):
    """What checking the chain found."""

    model_config = ConfigDict(frozen=True)

    ok: bool = True
    text: str = ""
    breaks: list[str] = []


class AuditState(listed(Permission.AUDIT_READ, *FILTERS), rx.State):
    """What the page of the audit trail shows now."""

    rows: list[EntryRow] = []
    views: list[ViewRow] = []
    export: str = ""
    shown: Detail = Detail()
    verifying: bool = False
    result: ChainResult = ChainResult()

    @action(Permission.AUDIT_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            query = self._query(ctx, service.LISTING)
            async with tenant_session(ctx) as session:
                page = await service.list_entries(session, ctx, query)
                views = await service.list_views(session, ctx)
            self.views = [view_of(view) for view in views.items]
            self.rows = [row_of(ctx, entry) for entry in page.items]
            self.export = urlencode([("filter", text) for text in self._filters(ctx)])
            self._turned(page)

    def _view(self) -> dict[str, str | list[str]]:
        """The filters as a saved view keeps them: the words of the URL."""
        return {**self.picked, "filter": [condition.id for condition in self.conditions]}

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
