"""Makes PDFs in processes of their own: setting text takes a core for a while, which requests must not wait for."""

import asyncio
import sys
from pathlib import Path
from weakref import WeakKeyDictionary

import msgspec

from ..errors import Unavailable
from .documents import Document

SECONDS = 60.0
"""A document that takes longer is given up."""
AT_ONCE = 2
_COMMAND = (sys.executable, "-m", "enterprise_app.core.pdf.process")
_ROOT = Path(__file__).resolve().parents[3]
_places: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class PdfFailed(RuntimeError):
    """The process that sets documents failed; its last words are in the message."""


async def make_pdf(document: Document) -> bytes:
    """The document as PDF. Call it outside of a transaction: it waits for its turn.

    Raises Unavailable when it takes too long, PdfFailed.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(SECONDS), _places.setdefault(loop, asyncio.Semaphore(AT_ONCE)):
            return await _made(msgspec.json.encode(document))
    except TimeoutError:
        raise Unavailable() from None


async def _made(data: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        made, said = await process.communicate(data)
    finally:
        if process.returncode is None:
            process.kill()  # it holds nothing
            await process.wait()
    if process.returncode:
        raise PdfFailed(said.decode(errors="replace")[-2000:])
    return made
