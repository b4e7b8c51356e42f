"""How long events are kept: a card of its own on the settings' page, because it is saved for itself."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import VersionConflict
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.entitlements import UNLIMITED
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import Retention, RetentionChoice
from enterprise_app.domains.analytics.vocabulary import ImportedKeep
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, text_of
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.plans import plan_name
from enterprise_app.web.shell.toasts import toast


class KeepingState(rx.State):
    """The choice as it was loaded, and what follows from it in words."""

    loading: bool = True
    failed: bool = False
    saving: bool = False
    stale: bool = False
    loads: int = 0
    imported: str = ImportedKeep.FOREVER.value
    imported_days: str = ""
    kept: str = ""
    announced: str = ""
    smaller: list[str] = []
    errors: dict[str, str] = {}
    _version: int = 0

    @action(Permission.TENANT_MANAGE)
    async def load(self, ctx: Context) -> None:
        """The form with the choice as it is now."""
        with showing(self):
            async with tenant_session(ctx) as session:
                self._show(ctx, await service.get_retention(session, ctx))
            self.loads, self.stale = self.loads + 1, False

    @action(Permission.TENANT_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """Replace the choice, unless somebody saved first."""
        self.saving = True
        yield
        try:
            choice = checked(RetentionChoice, _values(form))
            async with tenant_session(ctx) as session:
                saved = await service.change_retention(session, ctx, self._version, choice)
        except VersionConflict:
            self.stale = True
            raise
        finally:
            self.saving = False
        self._show(ctx, saved)
        self.stale = False
        await toast(self, "success", translate(ctx.locale, "analytics.retention.saved"))

    def _show(self, ctx: Context, found: Retention) -> None:
        self._version, self.imported = found.version, found.imported.value
        self.imported_days = str(found.imported_days or "")
        self.kept = _kept(ctx, found.events_kept_days)
        self.announced = ""
        if found.due_at is not None:
            date = localization.format_date(found.due_at.date(), ctx.locale)
            number = localization.format_number(found.due_events, ctx.locale)
            self.announced = translate(ctx.locale, "analytics.retention.announced", date=date, events=number)
        self.smaller = [
            translate(
                ctx.locale, "analytics.retention.smaller", plan=plan_name(ctx.locale, would.plan),
                days=localization.format_number(would.days, ctx.locale),
                events=localization.format_number(would.events, ctx.locale),
            )
            for would in found.smaller_plans if would.events
        ]  # fmt: skip


def _kept(ctx: Context, days: int) -> str:
    if days == UNLIMITED:
        return translate(ctx.locale, "analytics.retention.kept_for_good")
    return translate(ctx.locale, "analytics.retention.kept", days=localization.format_number(days, ctx.locale))


def _values(form: dict[str, Any]) -> dict[str, Any]:
    imported = text_of(form, "imported")
    days = text_of(form, "imported_days") if imported == ImportedKeep.DAYS else None
    return {"imported": imported, "imported_days": days}
