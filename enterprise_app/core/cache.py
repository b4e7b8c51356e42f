"""A cache of JSON values per tenant: in this process, or in Redis shared by all. Anything in it may vanish any
time; while Redis is down it is empty."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from cashews import Cache
from cashews.picklers import PicklerType

T = TypeVar("T")

_making: dict[str, asyncio.Lock] = {}
_cache = Cache(name="atrium")
_cache.setup("mem://", size=10_000)


def configure(redis_url: str | None) -> None:
    """Say where; once at the start of a process. Values are JSON in Redis: nothing there is ever unpickled."""
    if redis_url:
        _cache.setup(redis_url, pickle_type=PicklerType.JSON, suppress=True, client_side=False)
    else:
        _cache.setup("mem://", size=10_000)


async def get(tenant_id: UUID, key: str) -> Any | None:
    """The cached value, or None."""
    return await _cache.get(_name(tenant_id, key))


async def put(tenant_id: UUID, key: str, value: Any, seconds: float) -> None:
    """Keep a JSON value for a while."""
    await _cache.set(_name(tenant_id, key), value, expire=seconds)


async def forget(tenant_id: UUID, key: str) -> None:
    """Drop one value."""
    await _cache.delete(_name(tenant_id, key))


async def forget_all(tenant_id: UUID, prefix: str = "") -> None:
    """Drop every value of the tenant whose key begins so."""
    await _cache.delete_match(_name(tenant_id, prefix) + "*")


async def get_or_make(tenant_id: UUID, key: str, seconds: float, make: Callable[[], Awaitable[T]]) -> T:
    """The cached value, or a fresh one, made once even when many ask at the same time in this process."""
    name = _name(tenant_id, key)
    found = await _cache.get(name)
    if found is not None:
        return found
    async with _making.setdefault(name, asyncio.Lock()):
        found = await _cache.get(name)
        if found is None:
            found = await make()
            await _cache.set(name, found, expire=seconds)
        _making.pop(name, None)
        return found


async def close() -> None:
    """Close connections."""
    await _cache.close()


def _name(tenant_id: UUID, key: str) -> str:
    if not isinstance(tenant_id, UUID):
        raise TypeError("a cached value belongs to a tenant")
    return f"atrium:{tenant_id}:{key}"
