"""Rate limits: sliding windows, in this process or shared through Redis.

`hit("signin:1.2.3.4", limit=10, window=60)` counts and tells; refusing is the caller's. The window slides by weighing
the previous one (error below 1 % in practice: https://blog.cloudflare.com/counting-things-a-lot-of-different-things).
"""

import logging
import math
import time
from dataclasses import dataclass
from typing import Any, Protocol

from enterprise_app.core.errors import RateLimited

log = logging.getLogger(__name__)

_SWEEP_EVERY = 10_000  # hits between two clean-ups of the memory


@dataclass(frozen=True, slots=True)
class Hit:
    """`remaining` of `limit` in the current window; `reset_after` seconds until there is room again."""

    allowed: bool
    limit: int
    remaining: int
    reset_after: int


class Counters(Protocol):
    """Counts hits per window: adds `cost` when there is room; returns (added, this window, previous window)."""

    async def add(
        self, key: str, number: int, window: int, cost: int, limit: int, weight: float
    ) -> tuple[bool, int, int]: ...


class MemoryCounters:
    """For one process."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[int, int, int, int]] = {}  # key: number, this, previous, window
        self._hits = 0

    async def add(
        self, key: str, number: int, window: int, cost: int, limit: int, weight: float
    ) -> tuple[bool, int, int]:
        then, this, previous, _ = self._windows.get(key, (number, 0, 0, window))
        if then != number:
            this, previous = 0, this if then == number - 1 else 0
        room = this + previous * weight + cost <= limit
        if room:
            this += cost
        self._windows[key] = (number, this, previous, window)
        self._hits += 1
        if self._hits % _SWEEP_EVERY == 0:
            self._sweep()
        return room, this, previous

    def _sweep(self) -> None:
        now = time.time()
        old = [key for key, (number, _, _, window) in self._windows.items() if (number + 2) * window < now]
        for key in old:
            del self._windows[key]


_SCRIPT = """
local this = tonumber(redis.call('GET', KEYS[1]) or '0')
local previous = tonumber(redis.call('GET', KEYS[2]) or '0')
local room = this + previous * tonumber(ARGV[3]) + tonumber(ARGV[1]) <= tonumber(ARGV[2])
if room then
  this = redis.call('INCRBY', KEYS[1], ARGV[1])
  redis.call('EXPIRE', KEYS[1], ARGV[4])
end
return {room and 1 or 0, this, previous}
"""


class RedisCounters:
    """For several processes; one round trip, atomic."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis

        self.client: Any = Redis.from_url(url)
        self._script = self.client.register_script(_SCRIPT)
        self._own = MemoryCounters()

    async def add(
        self, key: str, number: int, window: int, cost: int, limit: int, weight: float
    ) -> tuple[bool, int, int]:
        from redis.exceptions import RedisError

        try:
            return await self._shared(key, number, window, cost, limit, weight)
        except (RedisError, OSError) as error:
            # A limit that this process keeps alone is better than none, and than refusing everybody.
            log.warning("rate limits are kept per process while Redis is down", extra={"problem": str(error)})
            return await self._own.add(key, number, window, cost, limit, weight)

    async def _shared(
        self, key: str, number: int, window: int, cost: int, limit: int, weight: float
    ) -> tuple[bool, int, int]:
        keys = [f"limit:{{{key}}}:{number}", f"limit:{{{key}}}:{number - 1}"]
        room, this, previous = await self._script(keys=keys, args=[cost, limit, repr(weight), window * 2 + 1])
        return bool(room), int(this), int(previous)


_counters: Counters = MemoryCounters()


def configure(redis_url: str | None) -> None:
    """Shared counters when there is a Redis, otherwise this process's own (fresh ones)."""
    global _counters
    _counters = RedisCounters(redis_url) if redis_url else MemoryCounters()


async def hit(key: str, limit: int, window: int, *, cost: int = 1) -> Hit:
    """Count one call against `limit` per `window` seconds. A refused one is not counted. A negative limit is none."""
    if limit < 0:
        return Hit(True, limit, limit, 0)
    now = time.time()
    number, elapsed = divmod(now, window)
    weight = 1 - elapsed / window
    allowed, this, previous = await _counters.add(key, int(number), window, cost, limit, weight)
    remaining = max(0, math.floor(limit - this - previous * weight))
    return Hit(allowed, limit, remaining, math.ceil(window - elapsed))


async def require(key: str, limit: int, window: int, *, cost: int = 1) -> Hit:
    """`hit` that raises RateLimited when there is no room."""
    result = await hit(key, limit, window, cost=cost)
    if not result.allowed:
        raise RateLimited(retry_after=result.reset_after, limit=limit, window=window)
    return result
