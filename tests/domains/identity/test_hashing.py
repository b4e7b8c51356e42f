"""Passwords are hashed as RFC 9106 recommends, section 4, second option; tests themselves hash cheaply."""

from argon2 import Type

from enterprise_app.domains.identity.service import passwords
from tests.conftest import STRONG_HASHER


def test_the_product_hashes_with_64_mib_and_three_passes() -> None:
    kept = STRONG_HASHER
    assert (kept.type, kept.memory_cost, kept.time_cost, kept.parallelism) == (Type.ID, 64 * 1024, 3, 4)
    assert (kept.salt_len, kept.hash_len) == (16, 32)


async def test_a_weaker_hash_is_told_from_the_products() -> None:
    weak = await passwords.hash_password("correct horse battery staple")
    assert STRONG_HASHER.check_needs_rehash(weak)
    assert await passwords.verify_password(weak, "correct horse battery staple")
    assert not await passwords.verify_password(weak, "another horse")
    assert not await passwords.verify_password(None, "nobody has this password")
