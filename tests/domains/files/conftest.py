"""A storage of its own for each test, and a holder that has no domain."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.files import service
from enterprise_app.domains.files.schemas import File, Holder


@pytest.fixture(autouse=True)
def folder(storage_folder: Path) -> Path:
    """Where the files lie."""
    return storage_folder


def make_holder(name: str = "Thing") -> Holder:
    """Something that has files."""
    return Holder("thing", new_id(), name, read=Permission.CAMPAIGNS_READ, write=Permission.CAMPAIGNS_UPDATE)


async def pieces(*contents: bytes) -> AsyncIterator[bytes]:
    """A body in pieces."""
    for content in contents:
        yield content


async def uploaded(ctx: Context, holder: Holder, content: bytes = b"The brief.", name: str = "brief.txt") -> File:
    """A file of the holder."""

    async def open_holder(session: object) -> Holder:
        return holder

    return await service.upload(ctx, holder.write, open_holder, pieces(content), name=name)


def lying(folder: Path) -> list[Path]:
    """Every file in the storage, finished or not."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
