"""Files that are uploaded for import: kept in the data folder until the worker has read them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings

MAX_UPLOAD = 2 * 1024**3


async def receive_file(stream: AsyncIterator[bytes]) -> Path:
    """Write the stream to a fresh file; nothing stays when it breaks off or holds nothing (Invalid)."""
    folder = get_settings().data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / str(new_id())
    try:
        with path.open("wb") as file:
            async for piece in stream:
                await asyncio.to_thread(file.write, piece)
            if not file.tell():
                raise Invalid.of("body", "required")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
