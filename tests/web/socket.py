"""A hand-made socket.io client: it can lie about everything a browser would not."""

import contextlib
import json
import socket
import time
from typing import Any

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage
from wsproto.utilities import LocalProtocolError

STATE = "reflex___state____state"
NOTES = f"{STATE}.tests___web___site____notes_state"
SESSION = f"{STATE}.enterprise_app___web___shell___session____session_state"
TOASTS = f"{STATE}.enterprise_app___web___shell___toasts____toast_state"


OPEN: "list[Wire]" = []
"""What is still connected: closed after each test."""


class Refused(Exception):
    """The handshake was answered with an HTTP status."""


class Wire:
    """A websocket to 127.0.0.1 that calls the host what it likes."""

    def __init__(self, port: int, target: str, *, host: str, headers: dict[str, str]) -> None:
        self._tcp = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._ws = WSConnection(ConnectionType.CLIENT)
        extra = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._tcp.sendall(self._ws.send(Request(host=host, target=target, extra_headers=extra)))
        self._texts: list[str] = []
        self._open: bool | None = None
        self.ended: int | None = None
        """The status that refused the handshake, or the code that the server closed with."""
        while self._open is None:
            self._read()
        if not self._open:
            self._tcp.close()
            raise Refused(self.ended)
        OPEN.append(self)

    def _read(self) -> None:
        data = self._tcp.recv(65536)
        self._ws.receive_data(data or None)
        for event in self._ws.events():
            if isinstance(event, AcceptConnection):
                self._open = True
            elif isinstance(event, RejectConnection | CloseConnection):
                self._open = False
                self.ended = event.status_code if isinstance(event, RejectConnection) else event.code
            elif isinstance(event, Ping):
                self._tcp.sendall(self._ws.send(event.response()))
            elif isinstance(event, TextMessage):
                self._partial = getattr(self, "_partial", "") + event.data
                if event.message_finished:
                    self._texts.append(self._partial)
                    self._partial = ""

    def receive(self, timeout: float) -> str | None:
        """The next text, or None when nothing comes for a while or ever again."""
        self._tcp.settimeout(timeout)
        while not self._texts and self._open:
            try:
                self._read()
            except TimeoutError:
                return None
        return self._texts.pop(0) if self._texts else None

    def send(self, text: str) -> None:
        """One text frame."""
        self._tcp.sendall(self._ws.send(TextMessage(data=text)))

    def close(self) -> None:
        """Properly, and at once; twice is fine."""
        if self not in OPEN:
            return
        OPEN.remove(self)
        with self._tcp, contextlib.suppress(OSError, LocalProtocolError):
            self._tcp.sendall(self._ws.send(CloseConnection(code=1000)))
            self._tcp.settimeout(2)
            while self._tcp.recv(65536):
                pass


class Tab:
    """One open tab: connects, hydrates, calls handlers, keeps what it was told."""

    def __init__(
        self, port: int, *, host: str, token: str = "tab-1", cookie: str | None = None, origin: str | None = "",
        path: str = "/", headers: dict[str, str] | None = None, query: str | None = None,
    ) -> None:  # fmt: skip
        name = f"{host}:{port}"
        sent = {**({"Origin": origin or f"http://{name}"} if origin is not None else {}), **(headers or {})}
        if cookie:
            sent["Cookie"] = cookie
        self.path, self.seen = path, ""
        self.state: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        query = query if query is not None else f"token={token}"
        self._socket = Wire(port, f"/_event/?{query}&EIO=4&transport=websocket", host=name, headers=sent)
        boot = {"event": self._event(f"{STATE}.hydrate_and_load", {}), "state_schema": None}
        self._socket.send("40/_event," + json.dumps(boot))
        self.pump()

    def _event(self, name: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {
            "name": name,
            "payload": payload,
            "router_data": {"pathname": self.path, "asPath": self.path, "query": {}},
        }

    def call(self, handler: str, **payload: Any) -> "Tab":
        """Call a handler by its full name, whatever it is, and wait for the answers."""
        self._socket.send("42/_event," + json.dumps(["event", self._event(handler, payload)]))
        return self.pump()

    def pump(self, quiet: float = 0.35) -> "Tab":
        """Read until nothing comes any more."""
        while True:
            frame = self._socket.receive(timeout=quiet)
            if frame is None:
                return self
            self._take(str(frame))

    def _take(self, frame: str) -> None:
        self.seen += frame + "\n"
        if frame == "2":
            self._socket.send("3")
        if frame.startswith("42/_event,"):
            kind, update = json.loads(frame.removeprefix("42/_event,"))
            if kind == "event":
                self.events += update.get("events", [])
                for state, values in update.get("delta", {}).items():
                    self.state.setdefault(state, {}).update(values)

    def value(self, state: str, name: str) -> Any:
        """A var as the browser holds it."""
        return self.state.get(state, {}).get(f"{name}_rx_state_")

    def ended(self, seconds: float) -> int | None:
        """The code that the server closes this tab with within that time; None when it stays open."""
        deadline = time.monotonic() + seconds
        while self._socket.ended is None and time.monotonic() < deadline:
            self.pump(quiet=0.1)
        return self._socket.ended

    def close(self) -> None:
        """Close the tab."""
        self._socket.close()
