"""One open page as its browser would hold it: a websocket with socket.io's frames, many of them in one loop."""

import asyncio
import json
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage

STATE = "reflex___state____state"


class Tab:
    """A signed-in page. `received` counts the bytes of all frames, `errors` those that a page must never see."""

    def __init__(self, port: int, host: str, session: str, token: str, path: str) -> None:
        self._port, self._host, self._session, self._token = port, host, session, token
        self.path = path
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._partial = ""
        self._reading: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.state: dict[str, dict[str, Any]] = {}
        self.received = 0
        self.errors = 0

    async def open(self) -> None:
        """Connect, and hydrate as a page does that was just loaded."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        target = f"/_event/?token={self._token}&EIO=4&transport=websocket"
        cookie = f"atrium_session={self._session}".encode()
        headers = [(b"origin", f"http://{self._host}".encode()), (b"cookie", cookie)]
        self._writer.write(self._ws.send(Request(host=self._host, target=target, extra_headers=headers)))
        self._reading = asyncio.create_task(self._read())
        boot = {"event": self._event(f"{STATE}.hydrate_and_load", {}), "state_schema": None}
        await self._wait(lambda: self.state.get("", {}).get("accepted", False))
        self._send("40/_event," + json.dumps(boot))

    def call(self, handler: str, **payload: Any) -> None:
        """Send one event."""
        self._send("42/_event," + json.dumps(["event", self._event(handler, payload)]))

    async def until(self, state: str, name: str, value: Any) -> None:
        """Wait until a var has a value."""
        await self._wait(lambda: self.value(state, name) == value)

    def value(self, state: str, name: str) -> Any:
        """A var as the page holds it; None when it was never told."""
        return self.state.get(state, {}).get(f"{name}_rx_state_")

    async def close(self) -> None:
        """Close the page."""
        if self._reading is not None:
            self._reading.cancel()
            self._writer.close()

    async def _wait(self, true: Any) -> None:
        async with asyncio.timeout(60):
            while not true():
                if self._reading is not None and self._reading.done():
                    raise ConnectionError("the page lost its connection")
                self._changed.clear()
                await self._changed.wait()

    def _event(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        router = {"pathname": self.path, "asPath": self.path, "query": {}}
        return {"name": name, "payload": payload, "router_data": router}

    def _send(self, text: str) -> None:
        self._writer.write(self._ws.send(TextMessage(data=text)))

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(65536):
                self._ws.receive_data(data)
                for event in self._ws.events():
                    self._heard(event)
        finally:
            self._changed.set()

    def _heard(self, event: Any) -> None:
        if isinstance(event, AcceptConnection):
            self.state[""] = {"accepted": True}
            self._changed.set()
        elif isinstance(event, Ping):
            self._writer.write(self._ws.send(event.response()))
        elif isinstance(event, CloseConnection):
            self.errors += 1
        elif isinstance(event, TextMessage):
            self._partial += event.data
            if event.message_finished:
                frame, self._partial = self._partial, ""
                self._take(frame)

    def _take(self, frame: str) -> None:
        self.received += len(frame.encode())
        if frame == "2":
            self._send("3")
        elif frame.startswith("42/_event,"):
            kind, update = json.loads(frame.removeprefix("42/_event,"))
            if kind == "event":
                self._apply(update)
        elif frame.startswith("44"):
            self.errors += 1

    def _apply(self, update: dict[str, Any]) -> None:
        for state, values in update.get("delta", {}).items():
            self.state.setdefault(state, {}).update(values)
        # An error reaches a page as a toast or as a redirect to sign-in.
        self.errors += sum("redirect" in event["name"] for event in update.get("events", []))
        self._changed.set()
