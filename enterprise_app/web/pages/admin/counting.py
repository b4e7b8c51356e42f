"""How sessions are counted: a card of its own on the settings' page, because it is saved for itself."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import VersionConflict
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics import service
from enterprise_app.domains.analytics.schemas import CountingSettings, SessionCuts
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, text_of
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.toasts import toast


class CountingState(rx.State):
    """The settings as they were loaded; the form keeps what is typed by itself."""

    loading: bool = True
    failed: bool = False
    saving: bool = False
    stale: bool = False
    loads: int = 0
    gap: str = "30"
    cut_at_midnight: bool = False
    cut_at_campaign: bool = False
    recounting: bool = False
    errors: dict[str, str] = {}
    _version: int = 0

    @action(Permission.TENANT_MANAGE)
    async def load(self, ctx: Context) -> None:
        """The form with the settings as they are now."""
        with showing(self):
            async with tenant_session(ctx) as session:
                self._show(await service.get_counting(session, ctx))
            self.loads, self.stale = self.loads + 1, False

    @action(Permission.TENANT_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """Replace the settings, unless somebody saved first."""
        self.saving = True
        yield
        try:
            async with tenant_session(ctx) as session:
                saved = await service.change_counting(session, ctx, self._version, checked(SessionCuts, _values(form)))
        except VersionConflict:
            self.stale = True
            raise
        finally:
            self.saving = False
        self._show(saved)
        self.stale = False
        await toast(self, "success", translate(ctx.locale, "analytics.counting.saved"))

    def _show(self, found: CountingSettings) -> None:
        self._version, self.gap, self.recounting = found.version, str(found.session_gap_minutes), found.recounting
        self.cut_at_midnight, self.cut_at_campaign = found.cut_at_midnight, found.cut_at_campaign


def _values(form: dict[str, Any]) -> dict[str, Any]:
    return {
        "session_gap_minutes": text_of(form, "session_gap_minutes"),
        "cut_at_midnight": bool(form.get("cut_at_midnight")),
        "cut_at_campaign": bool(form.get("cut_at_campaign")),
    }
