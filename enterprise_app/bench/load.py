"""A small HTTP load generator: keep-alive connections that ask again as soon as they are answered."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Load:
    """What came back: answers a second, latency percentiles in ms, answers that are no success, and all answers."""

    rate: float
    p50: float
    p95: float
    failed: int
    answered: int


async def measure(
    url: str, headers: dict[str, str], *, seconds: float, connections: int, body: Callable[[], bytes] | None = None
) -> Load:
    """Ask for `url` over and over; with `body`, post what it returns each time."""
    parts = urlsplit(url)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    method = "GET" if body is None else "POST"
    head = f"{method} {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{lines}".encode()

    def request() -> bytes:
        if body is None:
            return head + b"\r\n"
        content = body()
        return b"%sContent-Length: %d\r\n\r\n%s" % (head, len(content), content)

    times: list[float] = []
    failures: list[int] = []
    end = time.perf_counter() + seconds
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    await asyncio.gather(*(_ask(host, port, request, end, times, failures) for _ in range(connections)))
    times.sort()
    return Load(len(times) / seconds, _at(times, 0.5), _at(times, 0.95), len(failures), len(times))


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else 0.0


async def _ask(
    host: str, port: int, request: Callable[[], bytes], end: float, times: list[float], failures: list[int]
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while time.perf_counter() < end:
        asked = request()
        start = time.perf_counter()
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - start)
        if not head.startswith(b"HTTP/1.1 20"):
            failures.append(1)
    writer.close()
