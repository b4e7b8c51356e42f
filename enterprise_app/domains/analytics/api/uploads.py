"""Files that are uploaded for import: kept in the data folder until the worker has read them."""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

from enterprise_app.core.errors import Invalid
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings
from enterprise_app.domains.analytics.errors import DiskFull

MAX_UPLOAD = 2 * 1024**3


async def receive_file(stream: AsyncIterator[bytes]) -> Path:
    """Write the stream to a fresh file; nothing stays when it breaks off or holds nothing (Invalid).

    Raises DiskFull.
    """
    folder = get_settings().data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / str(new_id())
    try:
        with path.open("wb") as file:
            async for piece in stream:
                await asyncio.to_thread(file.write, piece)
            if not file.tell():
                raise Invalid.of("body", "required")
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull from None
        raise
    return path
