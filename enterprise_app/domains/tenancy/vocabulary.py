"""The closed words of tenancy."""

from enum import StrEnum


class TenantStatus(StrEnum):
    """Active, or suspended: its people may read and leave, nothing is written."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


DEFAULT_CURRENCIES = {
    "ar": "AED",
    "de": "EUR",
    "en": "USD",
    "es": "EUR",
    "fr": "EUR",
    "hi": "INR",
    "ja": "JPY",
    "zh": "CNY",
}
"""The currency of new prices by language; a stored amount keeps its own."""
