"""Hashing of passwords with argon2id (RFC 9106, second recommended option), off the event loop and a few at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()  # argon2id, 3 passes, 64 MiB, 4 lanes
_THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="argon2")  # 4 x 64 MiB at most


async def hash_password(password: str) -> str:
    """The hash with its salt and parameters, in PHC form."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, _bytes(password))


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether it matches. Without a stored hash the same work is done, so that time tells nothing."""
    loop = asyncio.get_running_loop()
    matches = await loop.run_in_executor(_THREADS, _verify, stored or _nobodys_hash(), password)
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the parameters were raised since the hash was made."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def _verify(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
