"""API keys: made with some of one's own permissions, shown once, revoked at any time."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.clock import now
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Invalid
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Permission, Role
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.schemas import ApiKeyRequest, ApiKeyView
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.days import end_of
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.lists import listed, showing
from enterprise_app.web.shell.toasts import toast

GRANTABLE = [p for p in Permission if p in ROLE_PERMISSIONS[Role.OWNER]]
"""What a key of a tenant may be given; the operator's own rights belong to people."""


class KeyRow(BaseModel):
    """One key in the list; the key itself is not kept anywhere."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    shown: str
    permissions: str
    granted: list[str]
    made_by: str
    used: str
    expires: str
    status: str
    status_text: str
    tone: str


class ApiKeysState(listed(Permission.API_KEYS_READ), rx.State):
    """What the page of API keys shows now."""

    rows: list[KeyRow] = []
    adding: bool = False
    saving: bool = False
    key: str = ""
    asking: str = ""
    asked_name: str = ""
    looking: str = ""
    granted: list[str] = []
    errors: dict[str, str] = {}

    @action(Permission.API_KEYS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        query = self._query(ctx, service.KEYS)
        async with tenant_session(ctx) as session:
            page = await service.list_api_keys(session, ctx, query)
        self.rows = [_row(ctx, key) for key in page.items]
        self._turned(page)

    @action(Permission.API_KEYS_MANAGE)
    async def start(self) -> None:
        """Open the form."""
        self.adding, self.key, self.errors = True, "", {}

    @action(Permission.API_KEYS_READ)
    async def close(self) -> None:
        """Close whatever is open; the new key is forgotten."""
        self.adding, self.key, self.asking, self.looking = False, "", "", ""

    @action(Permission.API_KEYS_MANAGE)
    async def create(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[None]:
        """A new key, shown this once; a second press while it is shown makes no second one."""
        if self.key:
            return
        self.saving = True
        yield
        try:
            wanted = _wanted(ctx, form)
            with told_at("permissions"):
                async with tenant_session(ctx) as session:
                    self.key = (await service.create_api_key(session, ctx, wanted)).key
        finally:
            self.saving = False
        await self._load(ctx)

    @action(Permission.API_KEYS_READ)
    async def look(self, key: str) -> None:
        """What a key may do."""
        found = next((row for row in self.rows if row.id == key), None)
        if found is not None:
            self.looking, self.asked_name, self.granted = found.id, found.name, found.granted

    @action(Permission.API_KEYS_MANAGE)
    async def ask(self, key: str, name: str) -> None:
        """Revoking asks first: programs with the key stop working."""
        self.asking, self.asked_name = key, name

    @action(Permission.API_KEYS_MANAGE)
    async def revoke(self, ctx: Context) -> None:
        """The key stops working within seconds."""
        key, self.asking = self.asking, ""
        async with tenant_session(ctx) as session:
            await service.revoke_api_key(session, ctx, id_of(key))
        await toast(self, "success", translate(ctx.locale, "admin.keys.revoked", name=self.asked_name))
        await self._load(ctx)


def field_of(permission: Permission) -> str:
    """The name of the permission's box in the form."""
    return "may-" + permission.value.replace(":", "-")


def _wanted(ctx: Context, form: dict[str, Any]) -> ApiKeyRequest:
    granted = [p.value for p in GRANTABLE if form.get(field_of(p))]
    if not granted:
        raise Invalid.of("permissions", "permissions_missing")
    expires_at = end_of(ctx, text_of(form, "expires_on"), "expires_at")
    return checked(ApiKeyRequest, {"name": text_of(form, "name"), "permissions": granted, "expires_at": expires_at})


def _row(ctx: Context, key: ApiKeyView) -> KeyRow:
    status, tone = _status(key)
    moment = lambda at: localization.format_datetime(at, ctx.locale, ctx.zone)  # noqa: E731
    count = len(key.permissions)
    return KeyRow(
        id=str(key.id),
        name=key.name,
        shown=f"{service.API_KEY_PREFIX}…{key.last4}",
        permissions=translate(ctx.locale, "admin.keys.permission_count", count=count),
        granted=[translate(ctx.locale, f"admin.permission.{p.value.replace(':', '.')}") for p in key.permissions],
        made_by=key.created_by,
        used=moment(key.last_used_at) if key.last_used_at else translate(ctx.locale, "admin.keys.never_used"),
        expires=moment(key.expires_at) if key.expires_at else translate(ctx.locale, "admin.keys.never"),
        status=status,
        status_text=translate(ctx.locale, f"admin.key_status.{status}"),
        tone=tone,
    )


def _status(key: ApiKeyView) -> tuple[str, str]:
    if key.revoked_at is not None:
        return "revoked", "neutral"
    if key.expires_at is not None and key.expires_at <= now():
        return "expired", "warning"
    return "active", "success"
