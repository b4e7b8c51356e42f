"""One's own sessions: the list of devices."""

from uuid import UUID

from starlette.requests import Request

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller
from enterprise_app.http.lists import Page
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import SessionView
from .forms import cookie_of, host_of

router = Router(prefix="/api/v1/sessions", tags=["Account"])


@router.get("", permission=Permission.SELF_MANAGE, response_model=Page[SessionView], summary="List my sessions")
async def index(request: Request, ctx: Caller) -> Page[SessionView]:
    """On all hosts, last used first."""
    current = await service.find_session_id(cookie_of(request), host=host_of(request))
    return Page(items=await service.list_sessions(ctx, current=current))


@router.delete("/{session_id}", permission=Permission.SELF_MANAGE, status_code=204, summary="End one of my sessions")
async def revoke(ctx: Caller, session_id: UUID) -> None:
    """That browser is signed out within seconds."""
    await service.revoke_session(ctx, session_id)


@router.delete("", permission=Permission.SELF_MANAGE, status_code=204, summary="Sign out everywhere")
async def revoke_all(request: Request, ctx: Caller) -> None:
    """Ends all my sessions but the one that asks, and all my access tokens."""
    keep = await service.find_session_id(cookie_of(request), host=host_of(request))
    await service.sign_out_everywhere(ctx, keep=keep)
