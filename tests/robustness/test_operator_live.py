"""The operator's pages and the mailbox show what happens elsewhere within two seconds, without a button."""

import subprocess
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.robustness.conftest import EMAIL, PASSWORD, Launch, World
from tests.web.socket import OPEN, STATE, Tab

PAGES = f"{STATE}.enterprise_app___web___pages"
TENANTS = f"{PAGES}___operator___tenants____operator_tenants_state"
SYSTEM = f"{PAGES}___operator___system____operator_system_state"
MAILBOX = f"{PAGES}___mailbox___state____mailbox_state"
HOST = "atrium.localhost"


@pytest.fixture(autouse=True)
def _close_tabs() -> Iterator[None]:
    yield
    for wire in list(OPEN):
        wire.close()


def _cookie(world: World) -> str:
    """Of the owner, who is made the operator."""
    world.sql("UPDATE accounts SET is_operator = true WHERE email = %s", EMAIL)
    headers = {"Host": f"{HOST}:{world.port}", "Origin": f"http://{HOST}:{world.port}"}
    person = {"email": EMAIL, "password": PASSWORD}
    answer = httpx.post(f"{world.url}/auth/sign-in", json=person, headers=headers, timeout=20)
    assert answer.is_success, answer.text
    return f"atrium_session={answer.cookies['atrium_session']}"


def _open(world: World, cookie: str, path: str) -> Tab:
    tab = Tab(
        world.port, host=HOST, cookie=cookie, token=f"tab{path.replace('/', '-')}-{time.monotonic_ns()}", path=path
    )
    tab.pump(1)
    tab.events.clear()
    return tab


def _told(tab: Tab, handler: str, seconds: float = 2) -> None:
    """The tab was asked to call the handler in time."""
    deadline = time.monotonic() + seconds
    while handler not in [event["name"] for event in tab.events]:
        assert time.monotonic() < deadline, f"{handler}: not told within {seconds} s"
        tab.pump(0.1)
    tab.events.clear()


def _turn_mail(tab: Tab, *, on: bool) -> None:
    tab.call(f"{SYSTEM}.ask", name="mail", on=on).call(f"{SYSTEM}.turn", form={"reason": "a test of the page"})


def test_pages_of_the_operator_and_the_mailbox_are_live(launch: Launch) -> None:
    world = launch(ATRIUM_DEV="true")
    cookie = _cookie(world)
    tenants, system, acting = [_open(world, cookie, path) for path in ("/operator", "/system", "/system")]
    letters = _open(world, f"atrium_visitor={'v' * 40}", "/mailbox")
    person = {"email": "bob@globex.example", "password": PASSWORD}
    world.api("POST", "/api/v1/tenants/register", name="Globex", slug="globex", owner_name="Bob", **person)
    _told(tenants, f"{TENANTS}.load")
    assert len(tenants.call(f"{TENANTS}.load").value(TENANTS, "rows")) == 2
    acting_on = next(row["id"] for row in tenants.value(TENANTS, "rows") if row["slug"] == "globex")
    other = _open(world, cookie, "/operator").call(f"{TENANTS}.ask", key=acting_on)
    other.call(f"{TENANTS}.suspend", form={"reason": "does not pay"})
    _told(tenants, f"{TENANTS}.load")
    _turn_mail(acting, on=False)
    _told(system, f"{SYSTEM}.refresh")
    states = {row["id"]: row["on"] for row in system.call(f"{SYSTEM}.refresh").value(SYSTEM, "switches")}
    assert states["mail"] is False
    with (world.folder / "worker.log").open("wb") as output:
        worker = world.worker(output)
        try:
            _mail_fails_and_arrives(world, acting, system, letters)
        finally:
            worker.terminate()
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()


def _mail_fails_and_arrives(world: World, acting: Tab, system: Tab, letters: Tab) -> None:
    headers = {"Host": f"{HOST}:{world.port}", "Origin": f"http://{HOST}:{world.port}"}
    answer = httpx.post(f"{world.url}/auth/forgot", json={"email": EMAIL}, headers=headers, timeout=20)
    assert answer.is_success, answer.text
    _until(world, "SELECT count(*) FROM event_deliveries WHERE error IS NOT NULL")
    _told(system, f"{SYSTEM}.refresh")
    letters.events.clear()
    _turn_mail(acting, on=True)
    subject = "Set a new password"  # beside the letters that ask two newcomers for proof of their e-mail
    _until(world, f"SELECT count(*) FROM mailbox WHERE subject = '{subject}'")
    _told(letters, f"{MAILBOX}.load")
    shown = letters.call(f"{MAILBOX}.load").value(MAILBOX, "letters")
    assert [letter["subject"] for letter in shown].count(subject) == 1


def _until(world: World, count: str) -> None:
    deadline = time.monotonic() + 40
    while world.sql(count)[0][0] == 0:
        assert time.monotonic() < deadline, (world.folder / "worker.log").read_text()[-3000:]
        time.sleep(0.1)
