"""Refusals of metering, with what the caller needs to go on."""

from enterprise_app.core.errors import QuotaExceeded, RateLimited
from enterprise_app.core.vocabulary.entitlements import Limit


def quota_exceeded(limit: Limit, granted: int, used: int, upgrade: str | None) -> QuotaExceeded:
    """402 `usage_exceeded`: the limit's name, what the plan grants, what is used, the next plan that grants more."""
    return QuotaExceeded(limit=limit.value, granted=granted, used=used, upgrade=upgrade)


def too_many_calls(granted: int, retry_after: int) -> RateLimited:
    """429: the plan's calls an hour are spent; `retry_after` seconds until the next hour."""
    return RateLimited(limit=Limit.API_CALLS_HOUR.value, granted=granted, retry_after=retry_after)
