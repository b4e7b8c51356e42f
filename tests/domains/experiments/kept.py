"""A little world whose sums are kept: what may happen to units and events, and what is then measured with and without
the sums that were kept before."""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from enterprise_app.core import db
from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics.models import DIRTY
from enterprise_app.domains.analytics.queries import rollups
from enterprise_app.domains.analytics.rules.tiles import EPOCH, slot_of
from enterprise_app.domains.experiments.metric_schemas import Definition
from enterprise_app.domains.experiments.queries import analysis, exposures, keeping, keeping_rows, spreading
from enterprise_app.domains.experiments.queries.accumulating import Scope
from enterprise_app.domains.experiments.rules.keeping import Question
from enterprise_app.domains.experiments.vocabulary import Dimension, MetricKind
from tests.domains.experiments.events import START, VARIANTS, random_events, write
from tests.domains.experiments.recount import Seen
from tests.domains.experiments.test_analysis import DEFINITIONS

ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns")


async def mark(ctx: Context, events: list[Seen], *, removed: bool = False) -> None:
    """As whoever stores or deletes events does in the same transaction."""
    slots = {slot_of(e.at) for e in events}
    if slots:
        async with tenant_session(ctx) as session:
            rows = [{"tenant_id": ctx.tenant_id, "slot_at": slot, "removed": removed} for slot in slots]
            await session.execute(sa.insert(DIRTY), rows)


async def roll(ctx: Context) -> None:
    """The rollups are done with all marks."""
    async with tenant_session(ctx) as session:
        await rollups.forget_marks(session, ctx.tenant_id, EPOCH)


@dataclass
class World:
    """Units and events of one experiment, and the moment that it is."""

    ctx: Context
    experiment: UUID
    dice: random.Random
    at: datetime = START + timedelta(days=4)
    ended_at: datetime | None = None
    definitions: list[Definition] = field(default_factory=lambda: list(DEFINITIONS))
    units: dict[UUID, tuple[str, datetime, bool]] = field(default_factory=dict)
    events: list[Seen] = field(default_factory=list)

    async def expose(self) -> None:
        """New units, some in the future; some of the old ones earlier, some in another variant."""
        told = []
        for unit in [*self.dice.sample(sorted(self.units), min(4, len(self.units))), *self._strangers(15)]:
            at = START + timedelta(seconds=self.dice.randrange(7 * 86_400))
            known = self.units.get(unit, (self.dice.choice(VARIANTS), at, False))
            variant = self.dice.choice([known[0], known[0], "blue"]) if unit in self.units else known[0]
            told.append(exposures.Exposure(self.experiment, unit, variant, 1, at))
            self.units[unit] = (known[0], min(at, known[1]), known[2] or variant != known[0])
        async with tenant_session(self.ctx) as session:
            await exposures.write(session, self.ctx.tenant_id, told)

    def _strangers(self, count: int) -> list[UUID]:
        return [UUID(int=self.dice.getrandbits(128)) for _ in range(count)]

    async def happen(self) -> None:
        """Events of any age, some of them refunds of orders made now or long ago, some in the future."""
        events = random_events(self.dice, self.units, self.dice.randrange(20, 90)) if self.units else []
        for e in events:
            if e.order is not None:
                e.order = f"{e.order}-{self.dice.randrange(4)}"
        orders = [e.order for e in self.events if e.order]
        if orders:
            events.append(Seen(self.at - timedelta(days=self.dice.randrange(-3, 9)), UUID(int=7),
                               name="Order Refunded", order=self.dice.choice(orders)))  # fmt: skip
        await write(self.ctx, self.experiment, {}, events)
        await mark(self.ctx, events)
        self.events += events

    async def roll(self) -> None:
        """The rollups are done with all marks."""
        await roll(self.ctx)

    async def pass_time(self) -> None:
        """Mostly on, sometimes a little back: another machine's clock."""
        self.at += timedelta(hours=self.dice.choice([-30, -1, 5, 24, 24, 90]))

    async def stop(self) -> None:
        """The experiment stops, now or as it was some hours ago."""
        if self.ended_at is None:
            self.ended_at = self.at - timedelta(hours=self.dice.choice([0, 20, 60]))

    async def delete(self) -> None:
        """Old events go, as retention has it."""
        before = START + timedelta(days=self.dice.randrange(-10, 6))
        gone = [e for e in self.events if e.at < before]
        async with db._current().system() as session:
            statement = sa.text("DELETE FROM analytics_events WHERE tenant_id = :tenant AND occurred_at < :before")
            await session.execute(statement, {"tenant": self.ctx.tenant_id, "before": before})
        await mark(self.ctx, gone, removed=True)
        self.events = [e for e in self.events if e.at >= before]

    async def redefine(self) -> None:
        """Other metrics, or others of the same."""
        self.definitions = self.dice.sample(DEFINITIONS, self.dice.randrange(1, len(DEFINITIONS)))

    async def refresh(self) -> None:
        """As the worker does it."""
        if (scope := self.scope()) is None:
            return
        units = len(self._counted())
        async with tenant_session(self.ctx, snapshot=True) as session:
            fitting = await keeping.usable(session, scope, self.question(), units)
            await keeping_rows.refresh(session, fitting, self.question(), units)

    async def settle(self) -> None:
        """The rollups are done, and the worker after them: nothing is told any more."""
        await self.roll()
        await self.refresh()

    def question(self, *, cuped: bool = True) -> Question:
        """What is kept."""
        return Question.of(self.definitions, cuped=cuped)

    def _counted(self) -> list[datetime]:
        return [
            first
            for _, first, conflicted in self.units.values()
            if not conflicted and first <= self.at and (self.ended_at is None or first < self.ended_at)
        ]

    def scope(self) -> Scope | None:
        """Of now; None without a unit."""
        if not (counted := self._counted()):
            return None
        first, last = min(counted), max(counted)
        return Scope(self.ctx.tenant_id, self.experiment, first, last, self.at, self.ended_at)

    async def check(self) -> None:
        """All that is measured, from kept sums where they hold, is what the events say."""
        if (scope := self.scope()) is None:
            return
        zone = self.dice.choice(ZONES)
        async with tenant_session(self.ctx) as session:
            plain = await self._measured(session, scope, zone)
            kept = await self._measured(session, replace(scope, kept=self.question()), zone)
        for own, other in zip(kept, plain, strict=True):
            _same(own, other)

    async def _measured(self, session: AsyncSession, scope: Scope, zone: str) -> list[dict[Any, Any]]:
        metrics = [analysis.Measured.of(d, cuped=True) for d in self.definitions]
        found: list[dict[Any, Any]] = []
        arms: dict[Any, list[analysis.ArmSums]] = {}
        for dimension in (None, Dimension.DEVICE):
            arms = await analysis.measure(session, scope, metrics, dimension)
            found.append({(str(key), n): _numbers(arm) for key, of in arms.items() for n, arm in enumerate(of)})
        lined = [
            n for n, d in enumerate(self.definitions) if d.kind not in (MetricKind.RETENTION, MetricKind.PERCENTILE)
        ]
        plain = [analysis.Measured.of(self.definitions[n], cuped=False) for n in lined]
        caps = [next(iter(arms.values()))[n].cap for n in lined]
        steps = await analysis.steps(session, scope, plain, caps, zone)
        found.append({(n, s.day, s.variant): s.sums for n, of in enumerate(steps) for s in of})
        spread = next((m for m in metrics if m.definition.kind is MetricKind.MEAN), None)
        bins = await spreading.spread(session, scope, spread) if spread else []
        found.append({(b.variant, b.number): [b.units, b.total, b.least, b.most, b.cap] for b in bins})
        return found


def _numbers(arm: analysis.ArmSums) -> dict[str, Any]:
    exact = {"n": arm.n, "money": arm.money}
    return exact | {"cap": arm.cap, "values": sorted(arm.values), **arm.sums}


def _same(own: dict[Any, Any], other: dict[Any, Any]) -> None:
    """Exactly what is counted or money; the rest to the rounding of a sum in another order."""
    assert own.keys() == other.keys()
    for key, numbers in own.items():
        mine, theirs = _flat(numbers), _flat(other[key])
        assert [value is None for value in mine] == [value is None for value in theirs], key
        for a, b in zip(mine, theirs, strict=True):
            assert a == (pytest.approx(b, rel=1e-12, abs=1e-8) if isinstance(b, float) else b), (key, numbers)


def _flat(numbers: Any) -> list[Any]:
    if isinstance(numbers, dict):
        numbers = [numbers[name] for name in sorted(numbers)]
    return [value for each in numbers for value in (each if isinstance(each, list) else [each])]
