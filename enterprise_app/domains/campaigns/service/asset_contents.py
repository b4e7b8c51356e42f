"""From what somebody sent to what is kept: what it is by its bytes, whether it can harm, without what it tells besides.

The sender's type and the suffix of the name are not believed. Pictures are decoded once, in a process of their own, and
lose everything that is not the picture; drawings that run or load something are refused; pages and texts are UTF-8.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from enterprise_app.core import storage
from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, Invalid, TooLarge
from enterprise_app.domains.files import service as files
from enterprise_app.domains.files.schemas import Stored

from ..gateway import pictures
from ..rules import assets as rules
from ..rules import drawings
from ..rules.pictures import RASTERS
from ..vocabulary import AssetKind

THUMBNAIL_MAX = 64_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A content that may be kept, and what is known of it."""

    stored: Stored
    content_type: str
    width: int | None = None
    height: int | None = None
    frames: int | None = None
    thumbnail: bytes | None = None

    @property
    def kind(self) -> AssetKind:
        """What it is to people."""
        return rules.KINDS[self.content_type]


async def prepare(ctx: Context, stored: Stored, name: str) -> Prepared:
    """Look into a stored content. Raises Invalid, TooLarge, Unavailable; nothing stays of what is refused."""
    try:
        return await _prepare(ctx, stored, name)
    except AtriumError:
        await files.discard(stored)
        raise


async def _prepare(ctx: Context, stored: Stored, name: str) -> Prepared:
    content_type = rules.type_of(files.sniff(stored.head, name), stored.head, name)
    if content_type not in rules.KINDS:
        raise Invalid.of("body", "asset_type", content_type=content_type)
    if stored.size > (most := rules.max_bytes(content_type)):
        raise TooLarge("file_too_large", max_mb=most // 1_000_000)
    prepared = Prepared(stored, content_type)
    if prepared.kind is AssetKind.VIDEO:
        return prepared
    content = await storage.storage().get(stored.key)
    if content_type in RASTERS:
        return await _picture(ctx, prepared, content)
    if content_type == rules.SVG:
        return await _drawing(prepared, content)
    _check_text(content)
    return prepared


async def _picture(ctx: Context, prepared: Prepared, content: bytes) -> Prepared:
    picture = await pictures.examine(prepared.content_type, content)
    known = replace(
        prepared, width=picture.width, height=picture.height, frames=picture.frames, thumbnail=picture.thumbnail
    )
    if picture.content == content:
        return known
    stripped = await files.store(ctx, _pieces(picture.content))
    await files.discard(prepared.stored)
    return replace(known, stored=stripped)


async def _drawing(prepared: Prepared, content: bytes) -> Prepared:
    """A small drawing is its own thumbnail: a browser shows it as a picture, where nothing in it can run or load."""
    try:
        size = await asyncio.to_thread(drawings.examine, content)
    except drawings.UnsafeDrawing as problem:
        code, part = problem.args
        raise Invalid.of("body", code, part=part) from problem
    small = content if len(content) <= THUMBNAIL_MAX else None
    return replace(prepared, width=size.width, height=size.height, frames=1, thumbnail=small)


def _check_text(content: bytes) -> None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid.of("body", "asset_not_utf8") from None
    if "\0" in text:
        raise Invalid.of("body", "asset_not_utf8")


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
