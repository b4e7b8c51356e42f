"""The tables of files."""

from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from enterprise_app.core.table import Archivable, TenantTable


class FileRow(TenantTable, table=True):
    """What is known of a content; `key` is where it lies in the storage."""

    __tablename__ = "files"  # pyright: ignore[reportAssignmentType]

    key: str = Field(sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    content_type: str = Field(sa_type=sa.Text)
    size: int = Field(sa_type=sa.BigInteger)
    sha256: bytes = Field(sa_type=sa.LargeBinary)
    created_by: UUID | None = None
    created_by_name: str = Field(default="", sa_type=sa.Text)


class AttachmentRow(TenantTable, Archivable, table=True):
    """That a holder has the file."""

    __tablename__ = "attachments"  # pyright: ignore[reportAssignmentType]

    entity_kind: str = Field(sa_type=sa.Text)
    entity_id: UUID
    file_id: UUID
