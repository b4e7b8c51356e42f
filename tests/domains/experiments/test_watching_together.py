"""EXP-07, 09: several workers and one experiment that is due: one of them looks, nobody waits for it for nothing."""

import asyncio
from typing import Any

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments.queries import looks
from enterprise_app.domains.experiments.schemas import Experiment
from enterprise_app.domains.experiments.service import watching
from enterprise_app.domains.experiments.service.watching import watch
from enterprise_app.domains.experiments.vocabulary import ExperimentState
from tests.domains.experiments import lives
from tests.domains.experiments.test_watching import clear, job, published
from tests.domains.experiments.traffic import forget_look
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("committed_db")


class Measuring:
    """Measuring that begins when it begins and goes on when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on, self.times = asyncio.Event(), asyncio.Event(), 0
        self._usual = watching.measure
        monkeypatch.setattr(watching, "measure", self._measure)

    async def _measure(self, *args: Any, **kw: Any) -> Any:
        self.times += 1
        self.begun.set()
        await self.go_on.wait()
        return await self._usual(*args, **kw)


async def _looked_at(ctx: Context, experiment: Experiment) -> Any:
    async with tenant_session(ctx) as session:
        found = await looks.find_watch(session, experiment.id)
    return found["looked_at"] if found else None


async def test_the_first_look_is_one_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    made = await lives.running(ctx)
    await clear(ctx, made)
    measuring = Measuring(monkeypatch)
    workers = [asyncio.create_task(watch(job(ctx))) for _ in range(3)]
    await asyncio.wait_for(measuring.begun.wait(), 5)
    await asyncio.sleep(0.2)
    measuring.go_on.set()
    await asyncio.wait_for(asyncio.gather(*workers), 20)
    assert measuring.times == 1
    assert len(await published(ctx, "experiment.decided")) == 1
    assert (await lives.read(ctx, made)).state is ExperimentState.STOPPED


async def test_later_ones_pass_by_what_another_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = make_context()
    one, other = await lives.running(ctx, "One"), await lives.running(ctx, "Other")
    await watch(job(ctx))
    for each in (one, other):
        await forget_look(ctx, each)
    before = await _looked_at(ctx, one), await _looked_at(ctx, other)
    measuring = Measuring(monkeypatch)
    first = asyncio.create_task(watch(job(ctx)))
    await asyncio.wait_for(measuring.begun.wait(), 5)
    held = measuring.go_on
    measuring.go_on = asyncio.Event()
    measuring.go_on.set()
    await asyncio.wait_for(watch(job(ctx)), 5)
    assert measuring.times == 2, "the one that was free"
    held.set()
    await asyncio.wait_for(first, 10)
    assert measuring.times == 2, "and the first finds it looked at"
    after = await _looked_at(ctx, one), await _looked_at(ctx, other)
    assert all(now > then for now, then in zip(after, before, strict=True))
