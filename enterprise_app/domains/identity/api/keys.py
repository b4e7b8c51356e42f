"""API keys of the tenant."""

from typing import Annotated
from uuid import UUID

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, Session
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..schemas import ApiKeyCreated, ApiKeyRequest, ApiKeyView

router = Router(prefix="/api/v1/api-keys", tags=["API keys"])


@router.get("", permission=Permission.API_KEYS_READ, response_model=Page[ApiKeyView], summary="List API keys")
async def index(
    ctx: Caller, session: Session, query: Annotated[ListQuery, list_query(service.KEYS)]
) -> Page[ApiKeyView]:
    """The last four characters tell them apart; the keys themselves are not kept."""
    return Page.of(await service.list_api_keys(session, ctx, query))


@router.post(
    "",
    permission=Permission.API_KEYS_MANAGE,
    status_code=201,
    response_model=ApiKeyCreated,
    summary="Create an API key",
)
async def create(ctx: Caller, session: Session, body: ApiKeyRequest) -> ApiKeyCreated:
    """The answer holds the key, this once."""
    return await service.create_api_key(session, ctx, body)


@router.delete("/{key_id}", permission=Permission.API_KEYS_MANAGE, status_code=204, summary="Revoke an API key")
async def revoke(ctx: Caller, session: Session, key_id: UUID) -> None:
    """It ends within seconds, everywhere."""
    await service.revoke_api_key(session, ctx, key_id)
