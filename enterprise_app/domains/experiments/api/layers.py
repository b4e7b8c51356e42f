"""Layers and hold-outs over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from enterprise_app.core.paging import ListQuery
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import Caller, ExpectedVersion, Session, VersionIfGiven
from enterprise_app.http.lists import Page, list_query
from enterprise_app.http.routing import Router

from .. import service
from ..flag_schemas import Holdout, HoldoutChange, HoldoutDraft, Layer, LayerChange, LayerDraft
from ..vocabulary import LayerAction

layers = Router(prefix="/api/v1/layers", tags=["Layers"])
holdouts = Router(prefix="/api/v1/holdouts", tags=["Hold-outs"])

LayerId = Annotated[UUID, Path(description="The layer's id.")]
HoldoutId = Annotated[UUID, Path(description="The hold-out's id.")]
LayerQuery = Annotated[ListQuery, list_query(service.LAYERS, "total")]
HoldoutQuery = Annotated[ListQuery, list_query(service.HOLDOUTS, "total")]
Total = Annotated[bool, Query(description="Whether to count the whole list too.")]


@layers.get("", permission=Permission.EXPERIMENTS_READ, summary="List layers")
async def list_layers(ctx: Caller, session: Session, query: LayerQuery, total: Total = False) -> Page[Layer]:
    """Newest first; archived ones only with a filter on `archived`."""
    return Page.of(await service.list_layers(session, ctx, query, count=total))


@layers.post("", permission=Permission.EXPERIMENTS_CREATE, status_code=201, summary="Create a layer")
async def create_layer(ctx: Caller, session: Session, draft: LayerDraft) -> Layer:
    """Experiments of one layer exclude each other: each has a share of its units for itself."""
    return await service.create_layer(session, ctx, draft)


@layers.get("/{layer_id}", permission=Permission.EXPERIMENTS_READ, summary="Read a layer")
async def get_layer(ctx: Caller, session: Session, layer_id: LayerId) -> Layer:
    """The layer, archived or not; its `ETag` is what an update needs."""
    return await service.get_layer(session, ctx, layer_id)


@layers.patch("/{layer_id}", permission=Permission.EXPERIMENTS_UPDATE, summary="Change a layer")
async def update_layer(
    ctx: Caller, session: Session, layer_id: LayerId, version: ExpectedVersion, change: LayerChange
) -> Layer:
    """Only the given fields change."""
    return await service.update_layer(session, ctx, layer_id, version, change)


@layers.post("/{layer_id}/archive", permission=Permission.EXPERIMENTS_RUN, summary="Archive a layer")
async def archive_layer(ctx: Caller, session: Session, layer_id: LayerId, version: VersionIfGiven) -> Layer:
    """Refused while experiments run in it."""
    return await service.act_on_layer(session, ctx, layer_id, LayerAction.ARCHIVE, version)


@layers.post("/{layer_id}/restore", permission=Permission.EXPERIMENTS_RUN, summary="Restore a layer")
async def restore_layer(ctx: Caller, session: Session, layer_id: LayerId, version: VersionIfGiven) -> Layer:
    """Experiments can be started in it again."""
    return await service.act_on_layer(session, ctx, layer_id, LayerAction.RESTORE, version)


@holdouts.get("", permission=Permission.EXPERIMENTS_READ, summary="List hold-outs")
async def list_holdouts(ctx: Caller, session: Session, query: HoldoutQuery, total: Total = False) -> Page[Holdout]:
    """Newest first; archived ones only with a filter on `archived`."""
    return Page.of(await service.list_holdouts(session, ctx, query, count=total))


@holdouts.post("", permission=Permission.EXPERIMENTS_RUN, status_code=201, summary="Create a hold-out")
async def create_holdout(ctx: Caller, session: Session, draft: HoldoutDraft) -> Holdout:
    """From now on its units see no experiment, but those that do not leave hold-outs out."""
    return await service.create_holdout(session, ctx, draft)


@holdouts.get("/{holdout_id}", permission=Permission.EXPERIMENTS_READ, summary="Read a hold-out")
async def get_holdout(ctx: Caller, session: Session, holdout_id: HoldoutId) -> Holdout:
    """The hold-out, archived or not; its `ETag` is what an update needs."""
    return await service.get_holdout(session, ctx, holdout_id)


@holdouts.patch("/{holdout_id}", permission=Permission.EXPERIMENTS_RUN, summary="Change a hold-out")
async def update_holdout(
    ctx: Caller, session: Session, holdout_id: HoldoutId, version: ExpectedVersion, change: HoldoutChange
) -> Holdout:
    """Only the given fields change; the share never does."""
    return await service.update_holdout(session, ctx, holdout_id, version, change)


@holdouts.post("/{holdout_id}/archive", permission=Permission.EXPERIMENTS_RUN, summary="Archive a hold-out")
async def archive_holdout(ctx: Caller, session: Session, holdout_id: HoldoutId, version: VersionIfGiven) -> Holdout:
    """Its units see experiments again."""
    return await service.act_on_holdout(session, ctx, holdout_id, LayerAction.ARCHIVE, version)


@holdouts.post("/{holdout_id}/restore", permission=Permission.EXPERIMENTS_RUN, summary="Restore a hold-out")
async def restore_holdout(ctx: Caller, session: Session, holdout_id: HoldoutId, version: VersionIfGiven) -> Holdout:
    """The same units are held out again."""
    return await service.act_on_holdout(session, ctx, holdout_id, LayerAction.RESTORE, version)
