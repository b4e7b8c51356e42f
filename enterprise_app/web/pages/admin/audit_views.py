"""Saved views of the audit trail: the filters that are shown now, kept under a name."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.audit import service
from enterprise_app.domains.audit.schemas import SavedViewDraft
from enterprise_app.web.pages.admin.audit import AuditState
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.urls import with_query


class AuditViewsState(rx.State):
    """The two dialogs: a name for the view of now, and which view to delete."""

    naming: bool = False
    managing: bool = False
    saving: bool = False
    errors: dict[str, str] = {}

    @action(Permission.AUDIT_READ)
    async def start(self) -> None:
        """Ask for the name."""
        self.naming = True

    @action(Permission.AUDIT_READ)
    async def manage(self) -> None:
        """Ask which one goes."""
        self.managing = True

    @action(Permission.AUDIT_READ)
    async def close(self) -> None:
        """Close whatever is open."""
        self.reset()

    @action(Permission.AUDIT_READ)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Keep what the page shows; a second press, after the dialog closed, saves nothing."""
        if not self.naming:
            return
        self.saving = True
        yield
        try:
            name = await self._save(ctx, text_of(form, "name"))
            self.naming = False
        finally:
            self.saving = False
        await toast(self, "success", translate(ctx.locale, "admin.audit.view_saved", name=name))
        yield AuditState.load

    async def _save(self, ctx: Context, name: str) -> str:
        shown = await self.get_state(AuditState)
        query = with_query("", shown._view())
        draft = checked(SavedViewDraft, {"name": name, "query": query})
        with told_at("name"):
            async with tenant_session(ctx) as session:
                return (await service.save_view(session, ctx, draft)).name

    @action(Permission.AUDIT_READ)
    async def delete(self, ctx: Context, key: str) -> EventSpec:
        """Forget a view; the message offers to take that back."""
        self.managing = False
        async with tenant_session(ctx) as session:
            gone = await service.delete_view(session, ctx, id_of(key))
        text = translate(ctx.locale, "admin.audit.view_deleted", name=gone.name)
        await toast(self, "success", text, undo=AuditViewsState.restore(gone.name, gone.query))  # pyright: ignore
        return AuditState.load  # pyright: ignore

    @action(Permission.AUDIT_READ)
    async def restore(self, ctx: Context, name: str, query: str) -> EventSpec:
        """Take a deletion back."""
        draft = checked(SavedViewDraft, {"name": name, "query": query})
        async with tenant_session(ctx) as session:
            await service.save_view(session, ctx, draft)
        return AuditState.load  # pyright: ignore
