"""The buckets that fill at a steady rate: how much goes through in any span of time, and what is remembered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enterprise_app.core import rates
from enterprise_app.core.errors import RateLimited
from enterprise_app.core.rates import SECONDS_AT_ONCE, Buckets

RATE = 5.0


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(rates, "time", made)
    return made


def wait_told(buckets: Buckets, key: str = "a", rate: float = RATE) -> int:
    """Seconds that a refused one is told to wait; 0 when it was taken."""
    try:
        buckets.take(key, rate)
    except RateLimited as refused:
        return int(refused.params["retry_after"])
    return 0


def test_ten_seconds_worth_at_once_then_the_rate(clock: Clock) -> None:
    buckets = Buckets()
    assert [wait_told(buckets) for _ in range(51)] == [0] * 50 + [1]
    clock.at += 0.19
    assert wait_told(buckets) == 1
    clock.at += 0.011
    assert [wait_told(buckets), wait_told(buckets)] == [0, 1]
    clock.at += 3_600
    assert [wait_told(buckets) for _ in range(51)] == [0] * 50 + [1], "an hour's rest is worth ten seconds"


def test_keys_have_buckets_of_their_own(clock: Clock) -> None:
    buckets = Buckets()
    for _ in range(50):
        buckets.take("a", RATE)
    assert (wait_told(buckets, "a"), wait_told(buckets, "b")) == (1, 0)


@pytest.mark.parametrize("rate", [0.5, 1.0, 0.1, 3.0, 1_000.0])
def test_who_waits_as_told_is_served(clock: Clock, rate: float) -> None:
    buckets = Buckets()
    while not (wait := wait_told(buckets, rate=rate)):
        pass
    clock.at += wait
    assert wait_told(buckets, rate=rate) == 0
    assert wait - 1 < 1 / rate <= max(wait, 1), "and is not told to wait a second too long"


@given(st.lists(st.floats(0, 30), max_size=300))
def test_no_span_lets_more_through(pauses: list[float]) -> None:
    """However the calls are spread: at most ten seconds' worth and what ran in between (Cruz 1991: rho t + sigma)."""
    clock, buckets, taken = Clock(), Buckets(), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rates, "time", clock)
        for pause in pauses:
            clock.at += pause
            for _ in range(20):
                if not wait_told(buckets):
                    taken.append(clock.at)
    most = RATE * SECONDS_AT_ONCE
    for first, begun in enumerate(taken):
        for count, ended in enumerate(taken[first:], 1):
            assert count <= most + (ended - begun) * RATE + 1e-6


def test_the_memory_is_bounded_and_keeps_who_is_refused(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MOST", 100)
    buckets = Buckets()
    for n in range(100):
        buckets.take(f"quiet-{n}", RATE)
    clock.at += SECONDS_AT_ONCE
    for _ in range(50):
        buckets.take("quiet-0", RATE)
    for n in range(1_000):
        buckets.take(f"passing-{n}", RATE)
        if n < 99:
            assert wait_told(buckets, "quiet-0") == 1, n
        assert len(buckets._buckets) <= 100
