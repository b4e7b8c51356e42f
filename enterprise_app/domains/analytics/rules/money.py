"""What a message says about money, by the names of Segment's ecommerce events: revenue, currency, order.

https://segment.com/docs/connections/spec/ecommerce/v2/ - never a float once it is read: text with four decimals.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from enterprise_app.domains.analytics.rules.jsontext import clean_text

AMOUNTS = ("revenue", "total", "value")
MOST = 10**14
"""Amounts from here on don't fit the column, numeric(18, 4), and are no amounts."""
_MAX_ORDER = 255


def read_order(properties: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """Revenue (the first of AMOUNTS that is one), ISO currency and order id; each None when there is none."""
    revenue = None
    for name in AMOUNTS:
        if name in properties and (revenue := _amount(properties[name])) is not None:
            break
    currency, order = properties.get("currency"), properties.get("order_id")
    return revenue, _currency(currency) if currency else None, _order(order) if order else None


def _amount(value: Any) -> str | None:
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except InvalidOperation:
            return None
    elif isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return f"{value:.4f}" if -MOST < value < MOST else None  # false for NaN too


def _currency(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    code = value.strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def _order(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:_MAX_ORDER]
    return clean_text(value[:_MAX_ORDER]).strip() or None if isinstance(value, str) else None
