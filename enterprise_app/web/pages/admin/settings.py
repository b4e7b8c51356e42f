"""The tenant's settings; who saves second is told, and nothing typed is lost."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import VersionConflict
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.tenancy import service
from enterprise_app.domains.tenancy.schemas import CurrentTenant, TenantSettings
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, text_of
from enterprise_app.web.shell.lists import showing
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.toasts import toast


class SettingsState(rx.State):
    """The settings as they were loaded; the form keeps what is typed by itself."""

    loading: bool = True
    failed: bool = False
    saving: bool = False
    stale: bool = False
    loads: int = 0
    slug: str = ""
    name: str = ""
    zone: str = "UTC"
    locale: str = "en"
    currency: str = ""
    week_start: str = "1"
    ip_truncation: bool = False
    errors: dict[str, str] = {}
    _version: int = 0

    @action(Permission.TENANT_MANAGE)
    async def load(self, ctx: Context) -> None:
        """The form with the settings as they are now."""
        with showing(self):
            self._show(await _current(ctx))
            self.loads, self.stale = self.loads + 1, False

    @action(Permission.TENANT_MANAGE)
    async def refresh(self, ctx: Context) -> None:
        """Somebody saved: what is being typed here stays, but the page says so."""
        if (await _current(ctx)).version != self._version:
            self.stale = True

    @action(Permission.TENANT_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """Replace the settings, unless somebody saved first."""
        self.saving = True
        yield
        try:
            wanted = checked(TenantSettings, _values(form))
            async with tenant_session(ctx) as session:
                saved = await service.update_settings(session, ctx, self._version, wanted)
        except VersionConflict:
            self.stale = True
            raise
        finally:
            self.saving = False
        self._show(saved)
        self.stale = False
        session_state = await self.get_state(SessionState)
        session_state.tenant_name = saved.name
        await toast(self, "success", translate(ctx.locale, "admin.settings.saved"))

    def _show(self, tenant: CurrentTenant) -> None:
        self._version, self.slug = tenant.version, tenant.slug
        self.name, self.zone, self.locale, self.currency = tenant.name, tenant.zone, tenant.locale, tenant.currency
        self.week_start, self.ip_truncation = str(tenant.week_start), tenant.ip_truncation


async def _current(ctx: Context) -> CurrentTenant:
    async with tenant_session(ctx) as session:
        return await service.get_current(session, ctx)


def _values(form: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: text_of(form, name) for name in ("name", "zone", "locale", "week_start")}
    return values | {"currency": text_of(form, "currency").upper(), "ip_truncation": bool(form.get("ip_truncation"))}
