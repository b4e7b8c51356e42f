"""Which sums of an experiment's units are kept between two readings, and when kept ones are worth using. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from ..metric_schemas import Definition
from .metrics import WITHOUT_SERIES, Stream, streams_of

_COUNTED_BY = 1
"""To be raised when the SQL of `queries.accumulating` counts otherwise: what was kept before then holds no longer."""
FEW = 2_000
SHARE = 5
"""Kept sums are used while at most a fifth of the units (or few) may have changed: one by one takes longer then."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is kept of every unit: the sums of `streams`, and those of `line` at the end of each slot with an event."""

    streams: tuple[Stream, ...]
    line: tuple[Stream, ...]

    @classmethod
    def of(cls, definitions: Iterable[Definition], *, cuped: bool) -> "Question":
        """All that the metrics count."""
        known = list(definitions)
        every = [stream for d in known for stream in streams_of(d, cuped=cuped).all()]
        with_days = [streams_of(d, cuped=False) for d in known if d.kind not in WITHOUT_SERIES]
        return cls(unique(every), unique([stream for streams in with_days for stream in streams.all()]))

    @property
    def fingerprint(self) -> str:
        """The same as long as the same is counted in the same way: another makes kept sums worthless."""
        return blake2b(repr((_COUNTED_BY, self.streams, self.line)).encode(), digest_size=16).hexdigest()


def unique(streams: Sequence[Stream]) -> tuple[Stream, ...]:
    """Each once: metrics share what they count."""
    found: list[Stream] = []
    for stream in streams:
        if stream not in found:
            found.append(stream)
    return tuple(found)


def most_changed(units: int) -> int:
    """So many events or units may have changed for kept sums to be used."""
    return max(FEW, units // SHARE)
