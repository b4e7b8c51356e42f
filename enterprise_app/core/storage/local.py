"""Files in a local folder: written beside and renamed, so that a reader or a crash never sees half a file."""

import asyncio
import contextlib
import errno
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from enterprise_app.core.errors import NotFound, Unavailable
from enterprise_app.core.ids import new_id
from enterprise_app.core.storage.port import StoredObject, check

_FULL = (errno.ENOSPC, errno.EDQUOT)
_PART = ".part"


class LocalStorage:
    """The store in one folder; several processes may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    async def put(self, key: str, content: bytes | AsyncIterable[bytes]) -> StoredObject:
        """Store whole or not at all."""
        target = self._path(key)
        fresh = target.with_name(f".{new_id().hex}{_PART}")
        digest = hashlib.sha256()
        try:
            await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
            with await asyncio.to_thread(open, fresh, "xb") as out:
                async for piece in _pieces(content):
                    digest.update(piece)
                    await asyncio.to_thread(out.write, piece)
                await asyncio.to_thread(_to_disk, out)
            await asyncio.to_thread(os.replace, fresh, target)
        except OSError as error:
            if error.errno in _FULL:
                raise Unavailable("storage_full") from error
            raise
        finally:
            fresh.unlink(missing_ok=True)
        found = await self.stat(key)
        return StoredObject(key, found.size, found.modified_at, digest.digest())

    async def get(self, key: str) -> bytes:
        """The whole content."""
        with await self._reader(key) as file:
            return await asyncio.to_thread(file.read)

    @asynccontextmanager
    async def open(self, key: str, chunk: int = 1 << 20) -> AsyncIterator[AsyncIterator[bytes]]:
        """The content in pieces."""
        file = await self._reader(key)
        try:
            yield _read(file, chunk)
        finally:
            file.close()

    async def delete(self, key: str) -> bool:
        """Whether there was something to delete."""
        try:
            await asyncio.to_thread(self._path(key).unlink)
        except FileNotFoundError:
            return False
        return True

    async def stat(self, key: str) -> StoredObject:
        """Size and age."""
        try:
            status = await asyncio.to_thread(os.stat, self._path(key), follow_symlinks=False)
        except FileNotFoundError:
            raise NotFound(kind="file", key=key) from None
        return StoredObject(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Folder by folder, so that memory stays flat."""
        async for path, status in self._files(prefix):
            if not path.name.startswith("."):
                key = path.relative_to(self.root).as_posix()
                yield StoredObject(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    async def drop_unfinished(self, prefix: str, before: datetime) -> int:
        """Parts that nobody has written to since `before`."""
        dropped = 0
        async for path, status in self._files(prefix):
            if path.name.startswith(".") and path.suffix == _PART and status.st_mtime < before.timestamp():
                await asyncio.to_thread(path.unlink, missing_ok=True)
                dropped += 1
        return dropped

    async def _files(self, prefix: str) -> AsyncIterator[tuple[Path, os.stat_result]]:
        folders = [self._path(prefix)]
        while folders:
            inner, files = await asyncio.to_thread(_scan, folders.pop())
            folders += inner
            for found in files:
                yield found

    async def _reader(self, key: str) -> IO[bytes]:
        try:
            handle = await asyncio.to_thread(os.open, self._path(key), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise NotFound(kind="file", key=key) from None
        return os.fdopen(handle, "rb")

    def _path(self, key: str) -> Path:
        path = self.root.joinpath(*check(key).split("/"))
        if not path.parent.resolve().is_relative_to(self.root.resolve()):
            raise ValueError("the key leads out of the storage folder")
        return path


async def _pieces(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    async for piece in content:
        yield piece


async def _read(file: IO[bytes], chunk: int) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, chunk):
        yield piece


def _scan(folder: Path) -> tuple[list[Path], list[tuple[Path, os.stat_result]]]:
    """The folders and the files in it; what vanishes meanwhile is not there."""
    folders, files = [], []
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return [], []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            folders.append(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            with contextlib.suppress(FileNotFoundError):
                files.append((Path(entry.path), entry.stat(follow_symlinks=False)))
    return folders, files


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
