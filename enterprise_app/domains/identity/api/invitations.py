"""Invitations to the tenant."""

from typing import Annotated
from uuid import UUID

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import InvitationCreated, InvitationRequest, InvitationView

router = Router(prefix="/api/v1/invitations", tags=["Members"])
_INVITE = Permission.MEMBERS_INVITE


@router.get("", permission=Permission.MEMBERS_READ, response_model=Page[InvitationView], summary="List invitations")
async def index(
    ctx: Caller, session: Session, query: Annotated[ListQuery, list_query(service.INVITATIONS)]
) -> Page[InvitationView]:
    """Newest first, the used and revoked too."""
    return Page.of(await service.list_invitations(session, ctx, query))


@router.post("", permission=_INVITE, status_code=201, response_model=InvitationCreated, summary="Invite somebody")
async def invite(ctx: Caller, session: Session, body: InvitationRequest) -> InvitationCreated:
    """Mails the invitation; the answer holds the link too, this once."""
    return await service.invite_member(session, ctx, body)


@router.post("/{invitation_id}/resend", permission=_INVITE, response_model=InvitationCreated, summary="Invite again")
async def resend(ctx: Caller, session: Session, invitation_id: UUID) -> InvitationCreated:
    """Seven more days and a new link; earlier links end."""
    return await service.resend_invitation(session, ctx, invitation_id)


@router.delete("/{invitation_id}", permission=_INVITE, status_code=204, summary="Take an invitation back")
async def revoke(ctx: Caller, session: Session, invitation_id: UUID) -> None:
    """Its links end at once."""
    await service.revoke_invitation(session, ctx, invitation_id)
