"""Files over HTTP, in pieces both ways: a body as it arrives, and a content that a browser keeps instead of running."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import quote

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError
from enterprise_app.http import idempotent
from enterprise_app.http.answers import write_json

ANY_SIZE = 1 << 50
"""Body limit of routes whose service bounds the content itself, with a better answer."""
DRAINED_BYTES = 200_000_000
DRAINED_SECONDS = 60
_KEPT_HEADERS = {
    "cache-control": "private, no-cache",
    # It is what it is: compressing images and archives again would cost more than it saves.
    "content-encoding": "identity",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_MARKUP_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox"
)


class UploadIncomplete(AtriumError):
    """The sender stopped before the end of what was announced."""

    code, status = "upload_incomplete", 400


def announced_size(request: Request) -> int | None:
    """The body's size where the sender says it."""
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isdigit() and len(announced) < 18 else None


async def received(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces. Raises UploadIncomplete when it breaks off."""
    announced, size = announced_size(request), 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if piece:
                yield piece
    except ClientDisconnect:
        raise UploadIncomplete from None
    if announced is not None and size != announced:
        raise UploadIncomplete


async def settle(
    request: Request, ctx: Context, digest: bytes, effect: Callable[[AsyncSession], Awaitable[BaseModel]]
) -> Response:
    """What a received body leads to, in one transaction with its `Idempotency-Key`; `digest` is the body's."""
    key = idempotent.key_of(request)
    request.state.body_digest = digest
    async with tenant_session(ctx) as session:

        async def answer() -> Response:
            return write_json(await effect(session), 201)

        return await (answer() if key is None else idempotent.once(session, request, ctx, key, answer))


async def drain(request: Request) -> None:
    """Read on what is refused, within bounds: a browser that is still sending would see a broken line, no answer."""
    size = 0
    with contextlib.suppress(ClientDisconnect, RuntimeError, TimeoutError):
        async with asyncio.timeout(DRAINED_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > DRAINED_BYTES:
                    return


def download(
    content: AbstractAsyncContextManager[AsyncIterator[bytes]],
    *,
    name: str,
    media_type: str,
    size: int,
    etag: str,
    inline: bool = False,
    markup: bool = False,
) -> Response:
    """The content as a file that the browser saves under `name`, or with `inline` shows in place (never as a page).

    With `markup` what is shown is a page or drawing of somebody's: it may look as it does, in a frame of our own pages
    only, and stays in a sandbox without origin, scripts, forms and requests.
    """
    headers = _KEPT_HEADERS | {
        "content-disposition": disposition(name, inline=inline),
        "content-length": str(size),
        "etag": f'"{etag}"',
    }
    if markup and inline:
        headers["content-security-policy"] = _MARKUP_POLICY
    return StreamingResponse(_pieces(content), headers=headers, media_type=media_type)


def picture(content: bytes, *, media_type: str, etag: str) -> Response:
    """A small picture that never changes under its address, to be kept by the browser of who may see it."""
    headers = _KEPT_HEADERS | {"cache-control": "private, max-age=3600, immutable", "etag": f'"{etag}"'}
    return Response(content, headers=headers, media_type=media_type)


def disposition(name: str, *, inline: bool = False) -> str:
    """The header's value (RFC 6266): a plain name for old readers, and the real one in UTF-8 (RFC 8187)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _pieces(content: AbstractAsyncContextManager[AsyncIterator[bytes]]) -> AsyncIterator[bytes]:
    async with content as pieces:
        async for piece in pieces:
            yield piece
