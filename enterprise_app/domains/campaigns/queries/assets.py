"""The SQL of assets and their versions, and what their lists may be filtered and sorted by."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core.paging import ListField, Listing
from enterprise_app.core.stored import as_stored
from enterprise_app.core.table import table_of

from ..models import AssetRow, AssetVersionRow
from ..schemas import Asset, AssetVersion
from ..vocabulary import AssetKind, AssetState

ASSETS, VERSIONS = table_of(AssetRow), table_of(AssetVersionRow)
A, V = ASSETS.c, VERSIONS.c
KIND = "asset"

_CONTENT = (
    V.number, V.state, V.note, V.reviewed_by, V.reviewed_by_name, V.reviewed_at, V.file_name, V.content_type, V.size,
    V.sha256, V.width, V.height, V.frames, V.thumbnail.is_not(None).label("has_thumbnail"),
)  # fmt: skip
_ASSET = (
    A.id, A.campaign_id, A.name, A.kind, A.tags, A.parent_id, A.generator, A.version, A.created_by, A.created_by_name,
    A.created_at, A.updated_at, A.archived_at,
)  # fmt: skip
_VERSION = (V.id, V.asset_id, V.created_by, V.created_by_name, V.created_at)
_NEWEST = sa.and_(V.tenant_id == A.tenant_id, V.asset_id == A.id, V.number == A.number)

ALL: Any = sa.select(*_CONTENT, *_ASSET).select_from(ASSETS.join(VERSIONS, _NEWEST))
NOT_ARCHIVED: Any = ALL.where(A.archived_at.is_(None))

LISTING = Listing(
    fields={
        "name": ListField(A.name_key, str, sortable=True, operators=()),
        "kind": ListField(A.kind, AssetKind),
        "state": ListField(V.state, AssetState),
        "tag": ListField(sa.func.array_to_string(A.tags, "\n"), str, operators=("contains",)),
        "campaign_id": ListField(A.campaign_id, UUID),
        "parent_id": ListField(A.parent_id, UUID, nullable=True),
        "content_type": ListField(V.content_type, str),
        "size": ListField(V.size, int, sortable=True),
        "archived": ListField(A.archived_at.is_not(None), bool),
        "created_at": ListField(A.created_at, datetime, sortable=True),
        "updated_at": ListField(A.updated_at, datetime, sortable=True),
    },
    key=A.id,
    searchable=True,
)
VERSION_LISTING = Listing(
    fields={
        "number": ListField(V.number, int, sortable=True),
        "state": ListField(V.state, AssetState),
        "created_at": ListField(V.created_at, datetime, sortable=True),
    },
    key=V.id,
    default_sort="-number",
)


def to_asset(row: Any) -> Asset:
    """A row of ALL as it leaves."""
    values = _content(row) | {column.name: getattr(row, column.name) for column in _ASSET}
    return as_stored(Asset, values | {"kind": AssetKind(row.kind)})


def to_version(row: Any) -> AssetVersion:
    """A row of `select_versions` as it leaves."""
    return as_stored(AssetVersion, _content(row) | {column.name: getattr(row, column.name) for column in _VERSION})


def _content(row: Any) -> dict[str, Any]:
    values = {column.name: getattr(row, column.name) for column in _CONTENT}
    return values | {"state": AssetState(row.state), "sha256": bytes(row.sha256).hex()}


def select_versions(asset_id: UUID) -> Any:
    """The versions of an asset."""
    return sa.select(*_CONTENT, *_VERSION).where(V.asset_id == asset_id)


async def find(session: AsyncSession, asset_id: UUID) -> Asset | None:
    """The asset with its newest version."""
    row = (await session.execute(ALL.where(A.id == asset_id))).one_or_none()
    return None if row is None else to_asset(row)


async def find_row(session: AsyncSession, asset_id: UUID, *, lock: bool = False) -> AssetRow | None:
    """The row; `lock` holds it until the transaction ends."""
    statement = sa.select(AssetRow).where(A.id == asset_id).execution_options(populate_existing=True)
    return (await session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()


async def find_version(session: AsyncSession, asset_id: UUID, number: int | None) -> AssetVersionRow | None:
    """A version of an asset, the newest without a number."""
    newest = sa.select(A.number).where(A.id == asset_id).scalar_subquery()
    wanted = V.number == (newest if number is None else number)
    statement = sa.select(AssetVersionRow).where(V.asset_id == asset_id, wanted)
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


async def file_ids(session: AsyncSession, asset_id: UUID) -> list[UUID]:
    """The files of all its versions, oldest first."""
    statement = sa.select(V.file_id).where(V.asset_id == asset_id).order_by(V.number)
    return list((await session.execute(statement)).scalars())
