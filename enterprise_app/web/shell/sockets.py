"""The sockets that this process holds open: how many there may be, and closing those whose session has ended.

A socket's headers are frozen at its handshake, so somebody has to look again: at once when a credential or a
membership changes anywhere (`recheck`, from the live listener), and now and then, because sessions also expire.
The browser comes back by itself, as a visitor then, and is led to sign-in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from enterprise_app.web.shell.incoming import Refusal
from enterprise_app.web.shell.ports import Sessions

logger = logging.getLogger(__name__)

SIGNED_OUT, GOING_AWAY = 4401, 1001
SWEEP_SECONDS = 30.0
GATHER_SECONDS = 0.1
_AGAIN_SECONDS = 1.0  # after a failed look
_PATIENCE = 1.0  # for a browser that doesn't take the close
_LOOKED_UP_AT_ONCE = 1000
_TOLD_EVERY = 100  # refusals, after the first: a flood of them must not become a flood of lines

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Caps:
    """How many sockets one web process takes: of everybody, and of visitors from one address."""

    total: int = 5000
    per_address: int = 100

    @property
    def visitors(self) -> int:
        """All visitors together: whoever signed in must still find room."""
        return max(1, self.total // 2)


class Socket:
    """One open socket: of a session, or of a visitor (`reference` None), who counts for the network address."""

    def __init__(self, reference: str | None, host: str, network: str, receive: Receive, send: Send) -> None:
        self.reference, self.host, self.network = reference, host, network
        self._receive, self._send = receive, send
        self._waiting: asyncio.Future[Message] | None = None
        self._closed, self._told = False, asyncio.Event()

    async def receiving(self) -> Message:
        """What Reflex receives through; a socket that we closed looks to it as if the browser had gone."""
        if not self._closed:
            self._waiting = asyncio.ensure_future(self._receive())
            try:
                return await self._waiting
            except asyncio.CancelledError:
                if not self._closed:
                    raise
            finally:
                self._waiting = None
        await self._told.wait()
        return {"type": "websocket.disconnect", "code": GOING_AWAY}

    async def sending(self, message: Message) -> None:
        """What Reflex sends through; nothing leaves once the socket was closed."""
        if not self._closed:
            await self._send(message)

    async def close(self, code: int, reason: str) -> None:
        """Close it from our side. The server sends no close while somebody waits for a message: end that first."""
        if self._closed:
            return
        self._closed = True
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.sleep(0)
        try:
            message = {"type": "websocket.close", "code": code, "reason": reason}
            await asyncio.wait_for(self._send(message), _PATIENCE)
        except Exception as error:  # it may be closing by itself just now
            logger.debug("a socket was gone before it was closed", extra={"problem": str(error)})
        finally:
            self._told.set()


class Sockets:
    """Admits, counts and closes the sockets of this process."""

    def __init__(self, sessions: Sessions, caps: Caps) -> None:
        self._sessions, self._caps = sessions, caps
        self._open: set[Socket] = set()
        self._visitors: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._look = asyncio.Event()
        self._changes = 0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._open)

    @property
    def changes(self) -> int:
        """Grows when credentials change: what was looked up before may be old."""
        return self._changes

    def recheck(self) -> None:
        """Some credential or membership changed: look again, soon, whose session still is good."""
        self._changes += 1
        self._look.set()

    @contextlib.contextmanager
    def admitted(self, socket: Socket, *, known_at: int) -> Iterator[None]:
        """Counts the socket while it is open. Raises Refusal: 429 for an address, 503 when all places are taken.

        `known_at` is `changes` from before the socket's session was looked up.
        """
        self._refuse_too_many(socket)
        self._open.add(socket)
        if socket.reference is None:
            self._visitors[socket.network] += 1
        elif known_at != self._changes:
            self._look.set()
        try:
            yield
        finally:
            self._open.discard(socket)
            if socket.reference is None:
                self._leave(socket.network)

    def _leave(self, network: str) -> None:
        self._visitors[network] -= 1
        if not self._visitors[network]:
            del self._visitors[network]

    def _refuse_too_many(self, socket: Socket) -> None:
        if self._stopping:
            raise Refusal(503, "the server is stopping: try again in a moment", retry_after=1)
        if socket.reference is None and self._visitors[socket.network] >= self._caps.per_address:
            self._tell("visitors of one address", socket)
            raise Refusal(429, "too many open pages of visitors from this address", retry_after=30)
        visitors = self._visitors.total() if socket.reference is None else 0
        if len(self._open) >= self._caps.total or visitors >= self._caps.visitors:
            self._tell("visitors" if visitors >= self._caps.visitors else "all", socket)
            raise Refusal(503, "too many open pages on this server: try again in a moment", retry_after=10)

    def _tell(self, what: str, socket: Socket) -> None:
        self._refused[what] += 1
        if self._refused[what] % _TOLD_EVERY == 1:
            told = {"cap": what, "network": socket.network, "open": len(self._open), "refused": self._refused[what]}
            logger.warning("sockets refused: a cap is reached", extra=told)

    async def watch(self) -> None:
        """Close the sockets of ended sessions, as long as the process serves."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), SWEEP_SECONDS)
            await asyncio.sleep(GATHER_SECONDS)
            self._look.clear()
            try:
                await self._close_ended()
            except Exception:
                logger.exception("the sessions of open sockets could not be checked; trying again")
                await asyncio.sleep(_AGAIN_SECONDS)
                self._look.set()

    async def _close_ended(self) -> None:
        known = {(s.reference, s.host) for s in self._open if s.reference is not None}
        ended: set[str] = set()
        for part in _parts(sorted(known)):
            ended |= await self._sessions.list_ended(dict(part))
        gone = [s for s in self._open if s.reference in ended]
        if gone:
            logger.info("sockets closed: their sessions ended", extra={"sockets": len(gone), "sessions": len(ended)})
        await _close(gone, SIGNED_OUT, "signed out")

    async def close_all(self) -> None:
        """The process stops: every browser is told, and looks for another process or tries again later."""
        self._stopping = True
        await _close(list(self._open), GOING_AWAY, "the server is stopping")


async def _close(sockets: Collection[Socket], code: int, reason: str) -> None:
    await asyncio.gather(*(socket.close(code, reason) for socket in sockets))


def _parts(pairs: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(pairs), _LOOKED_UP_AT_ONCE):
        yield pairs[start : start + _LOOKED_UP_AT_ONCE]
