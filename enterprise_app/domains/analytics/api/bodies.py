"""The bodies of tracking calls: any content type, packed or not, never more than we can hold."""

import zlib

from starlette.requests import Request

from enterprise_app.core.errors import TooLarge
from enterprise_app.domains.analytics.errors import BodyUnreadable

MAX_BODY = 4 * 1024 * 1024


async def read_body(request: Request) -> bytes:
    """The body, unpacked. Raises TooLarge and BodyUnreadable; a gzip bomb is stopped at MAX_BODY."""
    body = await request.body()
    if len(body) > MAX_BODY:
        raise TooLarge(max=MAX_BODY)
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyUnreadable(problem=f"content-encoding: {encoding[:40]}")
    # A deflate body should have zlib's frame (RFC 9110, section 8.4.1.2); some clients send it bare.
    bare = encoding == "deflate" and body[:1] != b"\x78"
    return _unpack(body, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS | 32)


def _unpack(body: bytes, wbits: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=wbits)
    try:
        data = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise BodyUnreadable(problem=str(error)) from None
    if len(data) > MAX_BODY:
        raise TooLarge(max=MAX_BODY)
    if not unpacker.eof:
        raise BodyUnreadable(problem="incomplete compressed stream")
    return data
