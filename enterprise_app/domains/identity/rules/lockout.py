"""How long to wait after failed sign-ins: doubling per address and account, and a ceiling per address."""

from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
FREE_FAILURES = 5
"""Failures of one account from one address that cost nothing."""
FREE_FAILURES_ANYWHERE = 25
"""Failures of one account from everywhere: higher, so that a stranger can't easily lock somebody out."""
FAILURES_PER_ADDRESS = 60
FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)


def wait_after(failures: int, free: int) -> timedelta:
    """Nothing while `failures` is below `free`; then 5 s, doubling, at most 15 minutes."""
    if failures < free:
        return timedelta()
    return min(FIRST_WAIT * 2 ** min(failures - free, 12), LONGEST_WAIT)


def retry_after(now: datetime, last_failure: datetime | None, here: int, anywhere: int, address: int) -> int:
    """Whole seconds until the next attempt is allowed; 0 is now."""
    if last_failure is None:
        return 0
    wait = max(wait_after(here, FREE_FAILURES), wait_after(anywhere, FREE_FAILURES_ANYWHERE))
    if address >= FAILURES_PER_ADDRESS:
        wait = max(wait, LONGEST_WAIT)
    left = (last_failure + wait - now).total_seconds()
    return max(0, int(-(-left // 1)))
