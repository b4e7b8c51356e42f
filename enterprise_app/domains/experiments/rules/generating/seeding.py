"""Chance that is the same on every machine: an order of things by a hash, not by a generator of some library."""

from collections.abc import Iterable
from hashlib import blake2b


def rank(seed: int, *words: str) -> int:
    """A number from a 64-bit hash of seed and words."""
    text = "\x1f".join((str(seed), *words)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def shuffled(seed: int, purpose: str, words: Iterable[str]) -> list[str]:
    """The words in the seed's order; words of the same text stay as they came."""
    return sorted(words, key=lambda word: rank(seed, purpose, word))
