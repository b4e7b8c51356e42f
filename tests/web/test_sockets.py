"""Open sockets: those of ended sessions are closed, and nobody can take all the places."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from enterprise_app.web.shell import sockets as module
from enterprise_app.web.shell.incoming import Refusal
from enterprise_app.web.shell.sockets import SIGNED_OUT, Caps, Socket, Sockets
from tests.web.conftest import HOST, Site
from tests.web.site import FakeSessions
from tests.web.socket import NOTES, Refused, Tab


def test_idle_tabs_of_an_ended_session_are_closed_and_the_others_stay(start_site: Callable[[], Site]) -> None:
    site = start_site()
    idle = [site.tab("ann", token=f"tab-{n}") for n in range(3)]
    others = [site.tab("bob", token="tab-b"), site.tab(None, token="tab-v")]
    site.control(revoke="ann", told="yes")
    began = time.monotonic()
    assert [tab.ended(2) for tab in idle] == [SIGNED_OUT] * 3
    assert time.monotonic() - began < 2
    before = [tab.seen for tab in idle]
    assert site.control(changed="notes")["open"] == 2
    assert [tab.pump().seen for tab in idle] == before, "a closed tab was sent something"
    assert [tab.ended(0.5) for tab in others] == [None, None]


def test_a_tab_that_comes_back_without_a_session_is_led_to_sign_in(start_site: Callable[[], Site]) -> None:
    site = start_site()
    both = f"{site.cookie('ann')}; atrium_visitor={'v' * 40}"
    tab = Tab(site.port, host=HOST, cookie=both, token="tab-1").call(f"{NOTES}.write", note="secret")
    site.control(revoke="ann", told="yes")
    assert tab.ended(2) == SIGNED_OUT
    again = Tab(site.port, host=HOST, cookie=both, token="tab-1").pump()
    assert "secret" not in again.seen
    assert [event["payload"]["path"] for event in again.events if "redirect" in event["name"]] == ["/sign-in?next=%2F"]


def test_one_address_cannot_take_all_places(start_site: Callable[[], Site]) -> None:
    site = start_site()
    tabs = [site.tab(None, token=f"tab-{n}", visitor=f"{n}" * 40) for n in range(8)]
    for number in range(3):
        with pytest.raises(Refused, match="429"):
            site.tab(None, token=f"more-{number}", visitor="m" * 40)
    member = site.tab("ann", token="tab-ann").call(f"{NOTES}.write", note="still served")
    assert member.value(NOTES, "note") == "still served"
    tabs[0].close()
    assert site.tab(None, token="tab-again", visitor="z" * 40).pump().ended(0.2) is None


def test_all_places_taken_is_a_clear_refusal(start_site: Callable[[], Site]) -> None:
    site = start_site()
    for number in range(40):
        site.tab("ann", token=f"tab-{number}")
    with pytest.raises(Refused, match="503"):
        site.tab("bob", token="one-more")


async def _nothing(*_: Any) -> Any:
    """Sends nowhere, receives nothing."""


def _socket(reference: str | None = None, network: str = "192.0.2.1", send: Any = _nothing) -> Socket:
    return Socket(reference, HOST, network, _nothing, send)


def test_visitors_of_many_addresses_leave_room_and_places_come_back(caplog: pytest.LogCaptureFixture) -> None:
    sockets = Sockets(FakeSessions(), Caps(total=10, per_address=3))
    caplog.set_level(logging.WARNING)
    admissions = [sockets.admitted(_socket(network=f"192.0.2.{n}"), known_at=0) for n in range(5)]
    for admission in admissions:
        admission.__enter__()
    for _ in range(150):
        with pytest.raises(Refusal) as refused, sockets.admitted(_socket(network="192.0.2.9"), known_at=0):
            raise AssertionError("admitted")
        assert (refused.value.status, refused.value.retry_after) == (503, 10)
    assert len(caplog.records) == 2, "a flood of refusals became a flood of lines"
    with sockets.admitted(_socket("ann"), known_at=0):
        assert len(sockets) == 6
    for admission in admissions:
        admission.__exit__(None, None, None)
    assert len(sockets) == 0
    assert not sockets._visitors


async def test_a_session_that_ends_during_the_handshake_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions, told = FakeSessions(), []
    sockets = Sockets(sessions, Caps())
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.01)
    watching = asyncio.create_task(sockets.watch())
    known_at = sockets.changes
    sessions.revoked.add("ann")
    sockets.recheck()
    await asyncio.sleep(0.1)

    async def send(message: Any) -> None:
        told.append(message["code"])

    with sockets.admitted(_socket("ann", send=send), known_at=known_at):
        await asyncio.sleep(0.1)
    watching.cancel()
    assert told == [SIGNED_OUT]


async def test_expired_sessions_are_found_without_being_told_and_after_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sessions, told = FakeSessions(), []
    sockets, failures = Sockets(sessions, Caps()), [OSError("the database is away")]
    monkeypatch.setattr(module, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.05)
    real = sessions.list_ended

    async def list_ended(hosts: Any) -> set[str]:
        if failures:
            raise failures.pop()
        return await real(hosts)

    async def send(message: Any) -> None:
        told.append(message["code"])

    monkeypatch.setattr(sessions, "list_ended", list_ended)
    sessions.revoked.add("ann")
    watching = asyncio.create_task(sockets.watch())
    with sockets.admitted(_socket("ann", send=send), known_at=0), sockets.admitted(_socket("bob"), known_at=0):
        await asyncio.sleep(0.4)
    watching.cancel()
    assert (told, failures) == ([SIGNED_OUT], [])
