"""One's own account."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.requests import Request

from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import AccountView, Preferences
from .forms import cookie_of, host_of

router = Router(prefix="/api/v1/account", tags=["Account"])


class PasswordChange(BaseModel):
    """The password that is, and the one to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    current_password: SecretStr = Field(examples=["correct horse battery"])
    new_password: SecretStr = Field(examples=["staple battery horse"])


@router.get("", permission=Permission.SELF_MANAGE, response_model=AccountView, summary="My account")
async def read(ctx: Caller) -> AccountView:
    """Name, e-mail and preferences."""
    return await service.get_account(ctx)


@router.patch("", permission=Permission.SELF_MANAGE, response_model=AccountView, summary="Change my preferences")
async def change(ctx: Caller, version: ExpectedVersion, body: Preferences) -> AccountView:
    """Name, language, time zone, theme: what is sent is kept, the rest stays."""
    return await service.set_preferences(ctx, body, expected=version)


@router.post("/password", permission=Permission.SELF_MANAGE, status_code=204, summary="Change my password")
async def change_password(request: Request, ctx: Caller, body: PasswordChange) -> None:
    """Ends all other sessions and all tokens."""
    keep = await service.find_session_id(cookie_of(request), host=host_of(request))
    await service.change_password(ctx, current=body.current_password, new=body.new_password, keep=keep)
