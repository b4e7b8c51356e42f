"""One's own account: name and zone, the password, and the devices that are signed in."""

from typing import Any
from uuid import UUID

import reflex as rx
from pydantic import BaseModel, ConfigDict, SecretStr

from enterprise_app.core.context import Context
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.schemas import Preferences, SessionView
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.toasts import toast
from enterprise_app.web.shell.visits import reference_of


class Device(BaseModel):
    """One signed-in browser."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    host: str
    ip: str
    seen: str
    current: bool


class AccountState(rx.State):
    """What the account page shows now."""

    loading: bool = True
    name: str = ""
    email: str = ""
    zone: str = "UTC"
    devices: list[Device] = []
    errors: dict[str, str] = {}

    @action(Permission.SELF_MANAGE)
    async def load(self, ctx: Context) -> None:
        """The account as it is, and its devices."""
        account = await service.get_account(ctx)
        self.name, self.email, self.zone = account.name, account.email, account.zone
        await self._load_devices(ctx)
        self.loading = False

    async def _load_devices(self, ctx: Context) -> None:
        here = reference_of(self)
        sessions = await service.list_sessions(ctx, current=UUID(here) if here else None)
        self.devices = [_device(ctx, session) for session in sessions]

    @action(Permission.SELF_MANAGE)
    async def save(self, ctx: Context, form: dict[str, Any]) -> None:
        """Name and zone."""
        wanted = checked(Preferences, {"name": text_of(form, "name"), "zone": text_of(form, "zone")})
        account = await service.set_preferences(ctx, wanted)
        self.name, self.zone = account.name, account.zone
        session = await self.get_state(SessionState)
        session.name = account.name
        await toast(self, "success", translate(ctx.locale, "account.saved"))

    @action(Permission.SELF_MANAGE)
    async def change_password(self, ctx: Context, form: dict[str, Any]) -> None:
        """The others of one's devices are signed out."""
        here = reference_of(self)
        current, new = (SecretStr(str(form.get(name, ""))[:1000]) for name in ("current_password", "new_password"))
        await service.change_password(ctx, current=current, new=new, keep=UUID(here) if here else None)
        await toast(self, "success", translate(ctx.locale, "account.password_changed"))
        await self._load_devices(ctx)

    @action(Permission.SELF_MANAGE)
    async def sign_out_device(self, ctx: Context, key: str) -> None:
        """End one session; its pages notice within seconds."""
        await service.revoke_session(ctx, id_of(key))
        await self._load_devices(ctx)
        await toast(self, "success", translate(ctx.locale, "account.device_signed_out"))

    @action(Permission.SELF_MANAGE)
    async def sign_out_others(self, ctx: Context) -> None:
        """End every session but this one."""
        here = reference_of(self)
        ended = await service.sign_out_everywhere(ctx, keep=UUID(here) if here else None)
        await self._load_devices(ctx)
        await toast(self, "success", translate(ctx.locale, "account.others_signed_out", count=ended))


def _device(ctx: Context, session: SessionView) -> Device:
    return Device(
        id=str(session.id),
        name=session.device,
        host=session.host,
        ip=session.ip or "",
        seen=localization.format_datetime(session.last_seen_at, ctx.locale, ctx.zone),
        current=session.current,
    )
