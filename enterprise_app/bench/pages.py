"""Many open pages: 500 signed-in tabs on one web process, through the guard, one event each per second."""

import asyncio
import gc
import random
import time
from dataclasses import dataclass, field

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.served import Served, served
from enterprise_app.bench.tab import STATE, Tab

PAGES = 500
WARM_UP = 20
SECONDS = 15
BAR_MS, BAR_MIB, BAR_KB = 100.0, 0.5, 30.0
_OPENING = 20  # at a time
_CAMPAIGNS = f"{STATE}.enterprise_app___web___pages___campaigns___state____campaigns_state"
_SESSION = f"{STATE}.enterprise_app___web___shell___session____session_state"


@dataclass
class Result:
    """What was measured. `hydrate` is in bytes: all that a page is sent until it knows who reads it."""

    hydrate: int = 0
    mib_a_page: float = 0.0
    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


@benchmark("pages")
def pages() -> list[Row]:
    """500 open pages of one process: answer time of an event, memory of a page, bytes of a hydrate."""
    with served() as running:
        result = asyncio.run(_measure(running))
    times = sorted(result.times)
    p50, p95 = (times[int(len(times) * share)] for share in (0.5, 0.95))
    told = f"p95 {p95:.0f} ms, p50 {p50:.0f} ms ({len(times)} events, {len(result.failures)} failed)"
    for failure in sorted(set(result.failures)):
        print(f"  {result.failures.count(failure)} × {failure}", flush=True)
    kilobytes = result.hydrate / 1000
    return [
        Row(f"{PAGES} open pages, one event each per second, one process", told, f"< {BAR_MS:.0f} ms, 0 failed",
            p95 / BAR_MS, p95 < BAR_MS and not result.failures),
        Row("An open page with 50 rows: memory of the web process", f"{result.mib_a_page:.2f} MiB",
            f"≤ {BAR_MIB} MiB", result.mib_a_page / BAR_MIB, result.mib_a_page <= BAR_MIB),
        Row("Hydrate of a signed-in page", f"{kilobytes:.1f} kB", f"≤ {BAR_KB:.0f} kB",
            kilobytes / BAR_KB, kilobytes <= BAR_KB),
    ]  # fmt: skip


async def _measure(running: Served) -> Result:
    result = Result()
    secrets = running.sessions(PAGES + WARM_UP)
    tabs = [_tab(running, number, secret) for number, secret in enumerate(secrets)]
    for tab in tabs[:WARM_UP]:
        await _open(tab)
        await _tick(tab, result)
    result.times.clear()
    result.hydrate = await _hydrate(running, secrets[0])
    before = running.memory()
    await _open_all(tabs[WARM_UP:])
    await asyncio.sleep(1)
    result.mib_a_page = (running.memory() - before) / PAGES / 2**20
    gc.collect()
    gc.freeze()  # the measuring process must not pause
    await asyncio.gather(*(_live(tab, result) for tab in tabs[WARM_UP:]))
    result.failures += ["a page was sent to sign-in or lost its socket"] * sum(tab.errors for tab in tabs)
    for tab in tabs:
        await tab.close()
    return result


def _tab(running: Served, number: int, secret: str) -> Tab:
    return Tab(running.port, running.host, secret, f"bench-{number}", "/campaigns")


async def _open(tab: Tab) -> None:
    await tab.open()
    await tab.until(_CAMPAIGNS, "loading", False)


async def _open_all(tabs: list[Tab]) -> None:
    waiting = asyncio.Semaphore(_OPENING)

    async def one(tab: Tab) -> None:
        async with waiting:
            await _open(tab)

    await asyncio.gather(*(one(tab) for tab in tabs))


async def _hydrate(running: Served, secret: str) -> int:
    """Bytes until the reader is known: the states of all pages, and the session's; the page's rows come after."""
    tab = _tab(running, 0, secret)
    tab.path = "/account"
    await tab.open()
    await tab.until(_SESSION, "signed_in", True)
    await tab.until(STATE, "is_hydrated", True)
    await tab.close()
    return tab.received


async def _live(tab: Tab, result: Result) -> None:
    """An event each second, spread evenly over the second as people would."""
    await asyncio.sleep(random.random())
    start = time.perf_counter()
    for second in range(SECONDS):
        await asyncio.sleep(max(0.0, start + second - time.perf_counter()))
        await _tick(tab, result)


async def _tick(tab: Tab, result: Result) -> None:
    """Tick a row of the table, or untick it: a handler with its session check, and a change that comes back."""
    key = tab.value(_CAMPAIGNS, "rows")[0]["id"]
    ticked = not tab.value(_CAMPAIGNS, "chosen")
    start = time.perf_counter()
    try:
        tab.call(f"{_CAMPAIGNS}.choose", key=key, ticked=ticked)
        await tab.until(_CAMPAIGNS, "chosen", [key] if ticked else [])
        result.times.append((time.perf_counter() - start) * 1000)
    except (TimeoutError, ConnectionError) as error:
        result.failures.append(str(error) or "no answer within a minute")
