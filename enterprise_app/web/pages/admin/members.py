"""Members and open invitations of the tenant; search, filter, sorting and page are in the URL."""

from uuid import UUID

import reflex as rx
from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import NotFound
from enterprise_app.core.texts import translate
from enterprise_app.core.vocabulary.permissions import Permission, Role
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.schemas import InvitationView, MemberView
from enterprise_app.domains.identity.vocabulary import InvitationStatus, MemberStatus
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.lists import Choice, counted, listed, showing
from enterprise_app.web.shell.toasts import toast

MAX_INVITATIONS = 200
DEEDS = ("suspend", "remove")


class MemberRow(BaseModel):
    """One member in the list."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    initials: str
    email: str
    role: str
    role_text: str
    active: bool
    status_text: str
    seen: str
    since: str
    version: int
    me: bool


class InvitationRow(BaseModel):
    """One invitation that nobody has taken up."""

    model_config = ConfigDict(frozen=True)

    id: str
    email: str
    role_text: str
    expired: bool
    status_text: str
    invited_by: str
    expires: str


class MembersState(listed(Permission.MEMBERS_READ, Choice("role", Role)), rx.State):
    """What the page of members shows now."""

    rows: list[MemberRow] = []
    offers: list[InvitationRow] = []
    asking: str = ""
    asked_name: str = ""
    _asked: str = ""

    @action(Permission.MEMBERS_READ)
    async def load(self, ctx: Context) -> None:
        """Show what the URL asks for."""
        with showing(self):
            await self._load(ctx)

    async def _load(self, ctx: Context) -> None:
        query = self._query(ctx, service.MEMBERS)
        async with tenant_session(ctx) as session:
            page = await service.list_members(session, ctx, query, count=True)
            wanted = service.INVITATIONS.parse(limit=MAX_INVITATIONS)
            offers = await service.list_invitations(session, ctx, wanted, pending=True)
        self.rows = [_member(ctx, member) for member in page.items]
        self.offers = [_offer(ctx, offer) for offer in offers.items]
        self._turned(page, counted(ctx, "admin.members.total", page.total))

    @action(Permission.MEMBERS_MANAGE)
    async def change_role(self, ctx: Context, key: str, role: str) -> None:
        """Give a member another role; the message offers the old one back."""
        row = self._row(key)
        async with tenant_session(ctx) as session:
            await service.change_role(session, ctx, UUID(row.id), role, expected=row.version)
        params = {"name": row.name, "role": translate(ctx.locale, f"admin.role.{Role(role).value}")}
        text = translate(ctx.locale, "admin.members.role_changed", **params)
        await toast(self, "success", text, undo=MembersState.change_role(row.id, row.role))
        await self._load(ctx)

    @action(Permission.MEMBERS_MANAGE)
    async def reinstate(self, ctx: Context, key: str) -> None:
        """Give a suspended member the rights back."""
        row = self._row(key)
        async with tenant_session(ctx) as session:
            await service.reinstate_member(session, ctx, UUID(row.id), expected=row.version)
        await toast(self, "success", translate(ctx.locale, "admin.members.reinstated", name=row.name))
        await self._load(ctx)

    @action(Permission.MEMBERS_MANAGE)
    async def ask(self, key: str, deed: str) -> None:
        """Suspending and removing ask first: both end the member's sessions."""
        row = self._row(key)
        self.asking = deed if deed in DEEDS else ""
        self._asked, self.asked_name = row.id, row.name

    @action(Permission.MEMBERS_READ)
    async def keep(self) -> None:
        """Close the question."""
        self.asking = ""

    @action(Permission.MEMBERS_MANAGE)
    async def confirm(self, ctx: Context) -> None:
        """Do what was asked."""
        deed, self.asking = self.asking, ""
        row = self._row(self._asked)
        async with tenant_session(ctx) as session:
            if deed == "suspend":
                await service.suspend_member(session, ctx, UUID(row.id), expected=row.version)
            elif deed == "remove":
                await service.remove_member(session, ctx, UUID(row.id), expected=row.version)
        if deed == "suspend":
            text = translate(ctx.locale, "admin.members.suspended", name=row.name)
            await toast(self, "success", text, undo=MembersState.reinstate(row.id))
        elif deed == "remove":
            await toast(self, "success", translate(ctx.locale, "admin.members.removed", name=row.name))
        await self._load(ctx)

    def _row(self, key: str) -> MemberRow:
        """The row as it was shown, with the version that it had. Raises NotFound."""
        found = next((row for row in self.rows if row.id == key), None)
        if found is None:
            raise NotFound
        return found


def initials_of(name: str) -> str:
    """The first letters of the first two words."""
    return "".join(part[0] for part in name.split()[:2]).upper() or "?"


def _member(ctx: Context, member: MemberView) -> MemberRow:
    seen = member.last_seen_at
    never = translate(ctx.locale, "admin.members.never_seen")
    return MemberRow(
        id=str(member.id),
        name=member.name,
        initials=initials_of(member.name),
        email=member.email,
        role=member.role.value,
        role_text=translate(ctx.locale, f"admin.role.{member.role.value}"),
        active=member.status is MemberStatus.ACTIVE,
        status_text=translate(ctx.locale, f"admin.member_status.{member.status.value}"),
        seen=localization.format_datetime(seen, ctx.locale, ctx.zone) if seen else never,
        since=localization.format_datetime(member.created_at, ctx.locale, ctx.zone),
        version=member.version,
        me=member.id == ctx.actor.id,
    )


def _offer(ctx: Context, offer: InvitationView) -> InvitationRow:
    return InvitationRow(
        id=str(offer.id),
        email=offer.email,
        role_text=translate(ctx.locale, f"admin.role.{offer.role.value}"),
        expired=offer.status is InvitationStatus.EXPIRED,
        status_text=translate(ctx.locale, f"admin.invitation_status.{offer.status.value}"),
        invited_by=offer.invited_by,
        expires=localization.format_datetime(offer.expires_at, ctx.locale, ctx.zone),
    )
