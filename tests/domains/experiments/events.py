"""Random units, exposures and events for analyses, written straight into the tables."""

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from tests.domains.experiments.recount import Seen

START = datetime(2026, 3, 1, tzinfo=UTC)
VARIANTS = ("control", "blue", "green")
_EVENT = sa.text(
    "INSERT INTO analytics_events (tenant_id, occurred_at, id, received_at, source_id, visitor_id, is_bot, type, name,"
    " revenue, currency, order_id, device, properties) VALUES (:tenant, :at, gen_random_uuid(), :at, :tenant, :visitor,"
    " :bot, :type, :name, :revenue, :currency, :order, :device, CAST(:properties AS jsonb))"
)
_EXPOSURE = sa.text(
    "INSERT INTO experiment_exposures (tenant_id, experiment_id, unit, variant, version, first_at, conflicted)"
    " VALUES (:tenant, :experiment, :unit, :variant, 1, :at, :conflicted)"
)


def random_units(dice: random.Random, count: int) -> dict[UUID, tuple[str, datetime, bool]]:
    """Variant, first exposure, conflicted."""
    return {
        UUID(int=dice.getrandbits(128)): (
            dice.choice(VARIANTS), START + timedelta(seconds=dice.randrange(10 * 86_400)), dice.random() < 0.05,
        )
        for _ in range(count)
    }  # fmt: skip


def random_events(dice: random.Random, units: dict[UUID, Any], count: int) -> list[Seen]:
    """Of units and of strangers, some on the very instant of the exposure; orders, refunds, odd properties, bots."""
    visitors = [*units, *(UUID(int=dice.getrandbits(128)) for _ in range(5))]
    events: list[Seen] = []
    for number in range(count):
        visitor = dice.choice(visitors)
        first = units[visitor][1] if visitor in units else START
        at = dice.choice(
            [first, first + timedelta(hours=24), first + timedelta(seconds=dice.randrange(-20 * 86_400, 20 * 86_400))]
        )
        name = dice.choice(["Order Completed", "Signed Up", "Level", "Level", "Level"])
        e = Seen(at, visitor, name=name, bot=dice.random() < 0.03, device=dice.choice([None, "mobile", "desktop"]))
        if name == "Order Completed":
            e.revenue, e.order = Decimal(dice.randrange(-200, 10_000)) / 100, f"o{number}"
            e.currency = dice.choice(["EUR", "EUR", "EUR", None, "USD"])
            events += _refund(dice, e)
        if dice.random() < 0.8:
            odd = [True, None, "many", " 12.5 ", "1e3", {"a": 1}, 3, "0x10", ""]
            e.properties["rounds"] = dice.choice([*odd, *(dice.randrange(0, 500) / 10 for _ in range(10))])
            e.properties["plan"] = dice.choice(["a", "b", "c"])
        if dice.random() < 0.1:
            e.type, e.name = "page", dice.choice([None, "Level"])
        events.append(e)
    return events


def _refund(dice: random.Random, order: Seen) -> list[Seen]:
    """Sometimes, by a server: under another visitor, and long after."""
    if dice.random() > 0.3:
        return []
    back = Seen(order.at + timedelta(days=dice.randrange(40)), UUID(int=7), name="Order Refunded", order=order.order)
    match dice.randrange(4):
        case 0:
            back.revenue = Decimal("-5.25")
        case 1:
            back.revenue = Decimal("3.5")
        case 2:
            back.properties["products"] = [{"price": 1.25, "quantity": 2}, {"price": "0.5"}, {"name": "no price"}]
    return [back]


async def write(ctx: Context, experiment: UUID, units: dict[UUID, Any], events: list[Seen]) -> None:
    """Into the tables, as one transaction."""
    async with tenant_session(ctx) as session:
        if units:
            await session.execute(_EXPOSURE, [
                {"tenant": ctx.tenant_id, "experiment": experiment, "unit": unit, "variant": variant, "at": at,
                 "conflicted": conflicted}
                for unit, (variant, at, conflicted) in units.items()
            ])  # fmt: skip
        if events:
            await session.execute(_EVENT, [
                {"tenant": ctx.tenant_id, "at": e.at, "visitor": e.visitor, "bot": e.bot, "type": e.type,
                 "name": e.name, "revenue": e.revenue, "currency": e.currency, "order": e.order, "device": e.device,
                 "properties": json.dumps(e.properties)}
                for e in events
            ])  # fmt: skip
