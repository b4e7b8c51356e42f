"""How fast somebody may go in this process: a bucket that holds some seconds' worth and fills at a steady rate.

For what is asked hundreds of times a second and costs little: a look in a dictionary, no Redis, no database. Where a
number must hold over all processes, or for long, see core/limits.py. Source: the token bucket of RFC 2697, section 2.
"""

import math
import time
from collections.abc import Hashable
from dataclasses import dataclass

from enterprise_app.core.errors import RateLimited

SECONDS_AT_ONCE = 10.0
"""What a bucket holds: who was quiet may do so many seconds' worth at once."""
_MOST = 20_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Buckets:
    """One bucket for each key; `rate` (a second) is told with every question, since plans and settings differ."""

    def __init__(self) -> None:
        self._buckets: dict[Hashable, _Bucket] = {}

    def take(self, key: Hashable, rate: float) -> None:
        """Take one; raises RateLimited with the seconds until there is one again. A refused one is not counted."""
        moment = time.monotonic()
        bucket = self._buckets.get(key) or self._new(key, rate, moment)
        bucket.tokens = min(rate * SECONDS_AT_ONCE, bucket.tokens + (moment - bucket.at) * rate)
        bucket.at = moment
        if bucket.tokens < 1:
            raise RateLimited(retry_after=math.ceil((1 - bucket.tokens) / rate))
        bucket.tokens -= 1

    def clear(self) -> None:
        """As if nobody had come yet."""
        self._buckets.clear()

    def _new(self, key: Hashable, rate: float, moment: float) -> _Bucket:
        if len(self._buckets) >= _MOST:
            self._forget_quiet(moment)
        bucket = self._buckets[key] = _Bucket(rate * SECONDS_AT_ONCE, moment)
        return bucket

    def _forget_quiet(self, moment: float) -> None:
        """Buckets that are full again say nothing; when all are in use, the older half goes."""
        quiet = [key for key, bucket in self._buckets.items() if moment - bucket.at >= SECONDS_AT_ONCE]
        for key in quiet or list(self._buckets)[: _MOST // 2]:
            del self._buckets[key]
