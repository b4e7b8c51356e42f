"""How many events of a source are stored while their sender waits; in a rush, the rest is kept first and stored later.

Storing takes the longest of all. Up to RATE events a second a request is answered when all is done and so hears which
messages were repeats. Who sends more is answered when they are safely kept (service/backlog.py), until they send less:
what is kept counts too, but not for longer than a second. Per process.
"""

import time
from dataclasses import dataclass
from uuid import UUID

RATE = 1_000.0
"""Events a second of one source that are stored at once."""
BURST = 10_000.0
"""Events that may come together before that counts."""
_MOST = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


_buckets: dict[UUID, _Bucket] = {}


def take(source_id: UUID, events: int) -> None:
    """Note events that are stored while their sender waits."""
    bucket = _filled(source_id)
    bucket.tokens -= events


def keep(source_id: UUID, events: int) -> None:
    """Note events that are kept to be stored later: the rush ends a second after the last one at most."""
    bucket = _filled(source_id)
    bucket.tokens = min(bucket.tokens, max(bucket.tokens - events, -RATE))


def is_rush(source_id: UUID) -> bool:
    """Whether the source has sent more than is stored at once."""
    return source_id in _buckets and _filled(source_id).tokens <= 0


def forget() -> None:
    """As if nothing had been sent; for tests."""
    _buckets.clear()


def _filled(source_id: UUID) -> _Bucket:
    """The source's bucket with what has run in since the last look."""
    moment = time.monotonic()
    bucket = _buckets.get(source_id)
    if bucket is None:
        if len(_buckets) >= _MOST:
            _buckets.clear()
        bucket = _buckets[source_id] = _Bucket(BURST, moment)
    bucket.tokens = min(BURST, bucket.tokens + (moment - bucket.at) * RATE)
    bucket.at = moment
    return bucket
