"""Looking into a picture, in a process of its own: what its bytes make of a decoder stays there."""

import asyncio
import contextlib
import json
import logging
import sys
from dataclasses import dataclass

from enterprise_app.core.errors import Invalid, Unavailable
from enterprise_app.core.settings import PROJECT_ROOT

_COMMAND = ("-m", "enterprise_app.domains.campaigns.gateway.picture_process")
_SECONDS = 30.0
_AT_ONCE = 2
_log = logging.getLogger(__name__)
_turns: "tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None" = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture without what it tells besides, and how it looks small (WebP)."""

    width: int
    height: int
    frames: int
    content: bytes
    thumbnail: bytes


async def examine(content_type: str, content: bytes) -> Picture:
    """Decode, strip and shrink it. Raises Invalid (broken, too large), Unavailable (no process could be had)."""
    async with _turn():
        answer = await _ask(content_type, content)
    if answer is None:
        raise Invalid.of("body", "asset_image_broken")
    line, _, rest = answer.partition(b"\n")
    facts = json.loads(line)
    if "refused" in facts:
        raise Invalid.of("body", facts["refused"], **facts["params"])
    size = facts["stripped"]
    return Picture(facts["width"], facts["height"], facts["frames"], rest[:size], rest[size:])


def _turn() -> asyncio.Semaphore:
    """At most two at once: decoding takes a core and memory. One for each loop, as a semaphore belongs to one."""
    global _turns
    loop = asyncio.get_running_loop()
    if _turns is None or _turns[0] is not loop:
        _turns = (loop, asyncio.Semaphore(_AT_ONCE))
    return _turns[1]


async def _ask(content_type: str, content: bytes) -> bytes | None:
    """What the process says; None when it ended without a word: killed by a bound, or by the picture."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *_COMMAND, cwd=PROJECT_ROOT, env={}, stdin=pipe, stdout=pipe, stderr=pipe,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise Unavailable("asset_pictures_unavailable") from error
    try:
        async with asyncio.timeout(_SECONDS):
            answer, said = await process.communicate(content_type.encode() + b"\n" + content)
    except TimeoutError:
        _log.warning("campaigns.picture_took_too_long", extra={"bytes": len(content)})
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        _log.warning(
            "campaigns.picture_failed",
            extra={"code": process.returncode, "said": said[-500:].decode("utf-8", "replace")},
        )
        return None
    return answer
