"""Inviting: the dialog with its link, and what can be done with invitations that are open."""

from collections.abc import AsyncIterator
from typing import Any

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.schemas import InvitationRequest
from enterprise_app.web.pages.admin.members import MembersState
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.forms import checked, id_of, text_of, told_at
from enterprise_app.web.shell.toasts import toast


class InvitingState(rx.State):
    """The dialog: first the form, then the link, shown this once."""

    open: bool = False
    saving: bool = False
    link: str = ""
    email: str = ""
    revoking: str = ""
    revoking_email: str = ""
    errors: dict[str, str] = {}

    @action(Permission.MEMBERS_INVITE)
    async def start(self) -> None:
        """Open the form."""
        self.reset()
        self.open = True

    @action(Permission.MEMBERS_READ)
    async def close(self) -> None:
        """Close whatever is open; the link is forgotten."""
        self.reset()

    @action(Permission.MEMBERS_INVITE)
    async def invite(self, ctx: Context, form: dict[str, Any]) -> AsyncIterator[Any]:
        """Offer a role to an e-mail."""
        self.saving = True
        yield
        try:
            role = text_of(form, "role") or Role.MEMBER.value
            wanted = checked(InvitationRequest, {"email": text_of(form, "email"), "role": role})
            with told_at("email"):
                async with tenant_session(ctx) as session:
                    created = await service.invite_member(session, ctx, wanted)
            self.link, self.email = created.link, created.email
        finally:
            self.saving = False
        yield MembersState.load

    @action(Permission.MEMBERS_INVITE)
    async def resend(self, ctx: Context, key: str) -> Any:
        """Mail it again; the new link is shown."""
        async with tenant_session(ctx) as session:
            created = await service.resend_invitation(session, ctx, id_of(key))
        self.link, self.email, self.open = created.link, created.email, True
        return MembersState.load

    @action(Permission.MEMBERS_INVITE)
    async def ask(self, key: str, email: str) -> None:
        """Revoking asks first."""
        self.revoking, self.revoking_email = key, email

    @action(Permission.MEMBERS_INVITE)
    async def revoke(self, ctx: Context) -> Any:
        """The invitation's links end."""
        key, email = self.revoking, self.revoking_email
        self.reset()
        async with tenant_session(ctx) as session:
            await service.revoke_invitation(session, ctx, id_of(key))
        await toast(self, "success", translate(ctx.locale, "admin.invitations.revoked", email=email))
        return MembersState.load
