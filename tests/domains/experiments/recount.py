"""The sums of metrics counted a second time, in plain Python and without the product's SQL: slow and obvious."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np

HISTORY = timedelta(days=14)


@dataclass
class Seen:
    """An event, as far as metrics look at it."""

    at: datetime
    visitor: UUID
    type: str = "track"
    name: str | None = None
    bot: bool = False
    revenue: Decimal | None = None
    currency: str | None = None
    order: str | None = None
    device: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)


def number(value: Any) -> float | None:
    """A JSON number, or a text that is one."""
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def refunds(events: list[Seen], as_of: datetime) -> dict[str, Decimal]:
    """By order: what was given back; infinite where no amount is told."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for e in events:
        if e.name == "Order Refunded" and e.order and e.at <= as_of:
            amount = abs(e.revenue) if e.revenue is not None else None
            if amount is None and isinstance(e.properties.get("products"), list):
                priced = [p for p in e.properties["products"] if number(p.get("price")) is not None]
                if priced:
                    amount = abs(sum(Decimal(str(p["price"])) * Decimal(str(p.get("quantity", 1))) for p in priced))
            found[e.order] += Decimal("Infinity") if amount is None else amount
    return found


def adds(counted: dict[str, Any], currency: str | None, e: Seen, given_back: dict[str, Decimal]) -> Any:
    """What one event adds, None when it does not count."""
    if e.bot or e.type != counted.get("type", "track") or (counted.get("name") and e.name != counted["name"]):
        return None
    for wanted in counted.get("filters", []):
        if not holds(wanted, e):
            return None
    match counted.get("value", "count"):
        case "property":
            return number(e.properties.get(counted["property"]))
        case "revenue":
            if e.revenue is None or e.currency not in (None, currency):
                return None
            kept = max(e.revenue - given_back.get(e.order or "", Decimal(0)), Decimal(0))
            return kept if e.revenue >= 0 else e.revenue
        case _:
            return 1


def holds(wanted: dict[str, Any], e: Seen) -> bool:
    """The operators that the random metrics use."""
    if wanted["field"] == "device":
        return {"eq": e.device == wanted["value"], "ne": e.device != wanted["value"]}[wanted["op"]]
    told = e.properties.get(wanted["field"].removeprefix("properties."))
    if wanted["op"] == "gte":
        return (value := number(told)) is not None and value >= float(wanted["value"])
    return wanted["op"] == "in" and told in wanted["value"]


def values(
    definition: dict[str, Any], counted: dict[str, Any], exposed: dict[UUID, datetime], events: list[Seen],
    as_of: datetime, ended_at: datetime | None, *, before: bool = False,
) -> dict[UUID, Any]:  # fmt: skip
    """Every unit's sum in the window, or before its exposure; None without an event."""
    given_back = refunds(events, as_of)
    currency = definition.get("currency")
    sums: dict[UUID, Any] = dict.fromkeys(exposed)
    for e in events:
        if e.visitor not in exposed or e.at > as_of:
            continue
        age = e.at - exposed[e.visitor]
        if before:
            inside = -HISTORY <= age < timedelta(0)
        elif definition["kind"] == "retention":
            days = age // timedelta(days=1)
            inside = definition["first_day"] <= days <= definition["last_day"]
        elif definition.get("window_hours"):
            inside = timedelta(0) <= age < timedelta(hours=definition["window_hours"])
        else:
            inside = age >= timedelta(0) and (ended_at is None or e.at < ended_at)
        added = adds(counted, currency, e, given_back) if inside else None
        if added is not None:
            sums[e.visitor] = added if sums[e.visitor] is None else sums[e.visitor] + added
    return sums


def worth(definition: dict[str, Any], total: Any, cap: float | None) -> float:
    """What a unit's sum is worth."""
    if definition["kind"] in ("proportion", "retention"):
        return float(bool(total and total > 0))
    value = float(total or 0)
    return value if cap is None else min(value, cap)


def cap_of(definition: dict[str, Any], totals: dict[UUID, Any]) -> float | None:
    """The limit of what is winsorised, over all units."""
    if not definition.get("winsorise"):
        return None
    pooled = [float(v or 0) for v in totals.values()]
    if definition.get("ignore_zeros"):
        pooled = [v for v in pooled if v != 0]
    return float(np.quantile(pooled, definition["winsorise"])) if pooled else None
