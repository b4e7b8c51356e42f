"""Who gets what, drawn by a hash: deterministic, independent by seed and by salt, the same in every process.

BLAKE2b of `seed:salt:unit`. What a unit draws for one use says nothing about another: a hold-out, the coverage, the
choice of a variant and the slot of a layer each have a salt of their own.
"""

import math
from collections.abc import Iterable
from hashlib import blake2b

HOLDOUT, COVERAGE, VARIANT, LAYER = "holdout", "coverage", "variant", "layer"
SLOTS = 10_000
_STEPS = 2.0**-53


def draw(seed: str, salt: str, unit: str) -> float:
    """A number in [0, 1), of which all 53 bits are the hash's."""
    digest = blake2b(f"{seed}:{salt}:{unit}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) * _STEPS


def is_covered(seed: str, share: float, unit: str, salt: str = COVERAGE) -> bool:
    """Whether the unit is in the share; a greater share has everybody of the smaller one and more."""
    return share >= 1 or (share > 0 and draw(seed, salt, unit) < share)


def slot_of(seed: str, unit: str) -> int:
    """The unit's slot of a layer, 0 to 9,999."""
    return int(draw(seed, LAYER, unit) * SLOTS)


def choose(seed: str, portions: Iterable[tuple[str, float]], unit: str) -> str | None:
    """One of the names by weight (of any sum); None when no weight is positive.

    Weighted rendezvous hashing: the smallest −ln(h)/w wins, h drawn for each name. Only as many units move as must when
    weights change: those between names whose shares of the whole changed. Source: Schindelhauer and Schomaker,
    "Weighted distributed hash tables" (SPAA 2005), the logarithmic method.
    """
    best, chosen = math.inf, None
    for name, weight in portions:
        if weight > 0:
            score = -math.log(draw(seed, f"{VARIANT}:{name}", unit) + _STEPS / 2) / weight
            if score < best:
                best, chosen = score, name
    return chosen


def take_slots(taken: Iterable[tuple[int, int]], wanted: int) -> list[tuple[int, int]] | None:
    """The first free ranges [from, to) of a layer with `wanted` slots together; None when there is less room."""
    free, ranges = 0, []
    for begin, end in [*sorted(taken), (SLOTS, SLOTS)]:
        if begin > free and wanted:
            size = min(begin - free, wanted)
            ranges.append((free, free + size))
            wanted -= size
        free = max(free, end)
    return None if wanted else ranges


def free_slots(taken: Iterable[tuple[int, int]]) -> int:
    """How many slots of a layer nobody has; ranges don't overlap."""
    return SLOTS - sum(end - begin for begin, end in taken)
