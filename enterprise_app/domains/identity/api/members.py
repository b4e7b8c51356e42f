"""Members of the tenant."""

from typing import Annotated
from uuid import UUID

from enterprise_app.core.errors import Invalid
from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import MemberChange, MemberView
from ..vocabulary import MemberStatus

router = Router(prefix="/api/v1/members", tags=["Members"])


@router.get("", permission=Permission.MEMBERS_READ, response_model=Page[MemberView], summary="List members")
async def index(
    ctx: Caller, session: Session, query: Annotated[ListQuery, list_query(service.MEMBERS)]
) -> Page[MemberView]:
    """Search by the beginnings of words in name and e-mail."""
    return Page.of(await service.list_members(session, ctx, query, count=query.after is None))


@router.get("/{member_id}", permission=Permission.MEMBERS_READ, response_model=MemberView, summary="Read a member")
async def read(ctx: Caller, session: Session, member_id: UUID) -> MemberView:
    """With the ETag that a change needs."""
    return await service.get_member(session, ctx, member_id)


@router.patch(
    "/{member_id}", permission=Permission.MEMBERS_MANAGE, response_model=MemberView, summary="Change a member"
)
async def change(
    ctx: Caller, session: Session, member_id: UUID, version: ExpectedVersion, body: MemberChange
) -> MemberView:
    """Another role, or suspended, or active again: one of the two at a time."""
    if (body.role is None) == (body.status is None):
        raise Invalid.of("role", "role_or_status")
    if body.role is not None:
        return await service.change_role(session, ctx, member_id, body.role, expected=version)
    if body.status == MemberStatus.SUSPENDED:
        return await service.suspend_member(session, ctx, member_id, expected=version)
    if body.status == MemberStatus.ACTIVE:
        return await service.reinstate_member(session, ctx, member_id, expected=version)
    raise Invalid.of("status", "not_one_of", expected="active, suspended")


@router.delete("/{member_id}", permission=Permission.MEMBERS_MANAGE, status_code=204, summary="Remove a member")
async def remove(ctx: Caller, session: Session, member_id: UUID) -> None:
    """Sessions and keys of the member lose the tenant within seconds; what the member made stays."""
    await service.remove_member(session, ctx, member_id)
