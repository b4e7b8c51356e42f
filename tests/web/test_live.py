"""The hub tells exactly the tabs that show what changed, and gathers bursts."""

import asyncio
from typing import Any

import pytest

from enterprise_app.core.live import RESYNC
from enterprise_app.web.shell.live import Hub


class Pushed(list[tuple[str, Any]]):
    """Remembers what was pushed."""

    async def __call__(self, token: str, handler: Any) -> None:
        self.append((token, handler))


@pytest.fixture
def pushed() -> Pushed:
    return Pushed()


async def _settle() -> None:
    await asyncio.sleep(0.05)


async def test_only_tabs_of_the_topic_hear(pushed: Pushed):
    hub = Hub(pushed, delay=0.01)
    hub.watch("a", ["t1:campaigns"], "refresh-a")
    hub.watch("b", ["t2:campaigns"], "refresh-b")
    hub.watch("c", ["t1:campaign"], "refresh-c")
    hub.hear("t1:campaigns:42")
    await _settle()
    assert pushed == [("a", "refresh-a")]


async def test_burst_is_one_refresh_and_the_next_change_another(pushed: Pushed):
    hub = Hub(pushed, delay=0.01)
    hub.watch("a", ["t1:events"], "refresh")
    for _ in range(1000):
        hub.hear("t1:events")
    await _settle()
    hub.hear("t1:events")
    await _settle()
    assert len(pushed) == 2


async def test_leaving_ends_it_even_when_one_was_due(pushed: Pushed):
    hub = Hub(pushed, delay=0.01)
    hub.watch("a", ["t1:events"], "refresh")
    hub.hear("t1:events")
    hub.forget("a")
    await _settle()
    hub.watch("a", [], None)
    assert pushed == []
    assert len(hub) == 0


async def test_after_a_gap_everybody_refreshes(pushed: Pushed):
    hub = Hub(pushed, delay=0.01)
    hub.watch("a", ["t1:x"], "ra")
    hub.watch("b", ["t2:y"], "rb")
    hub.hear(RESYNC)
    await _settle()
    assert sorted(pushed) == [("a", "ra"), ("b", "rb")]


async def test_one_broken_tab_does_not_silence_the_others():
    reached = []

    async def push(token: str, handler: Any) -> None:
        if token == "broken":
            raise ConnectionError
        reached.append(token)

    hub = Hub(push, delay=0.01)
    hub.watch("broken", ["t1:x"], "r")
    hub.watch("fine", ["t1:x"], "r")
    hub.hear("t1:x")
    await _settle()
    assert reached == ["fine"]


async def test_a_topic_may_have_a_handler_of_its_own(pushed: Pushed):
    hub = Hub(pushed, delay=0.01)
    hub.watch("a", ["t1:x", "t1:y"], "page", also={"account:7": "reread"})
    hub.watch("b", [], None, also={"account:8": "reread"})
    for topic in ("t1:x", "t1:y", "account:7", "account:7", "account:9"):
        hub.hear(topic)
    await _settle()
    assert sorted(pushed) == [("a", "page"), ("a", "reread")]
    hub.forget("b")
    hub.hear("account:8")
    await _settle()
    assert len(pushed) == 2
