"""What pages hold and what people type into them never reaches a log, not even at level debug."""

from tests.robustness.conftest import EMAIL, Launch, pump_until
from tests.web.socket import STATE, Tab

MARKER = "Waldmeister"


def test_no_content_of_pages_is_logged(launch: Launch) -> None:
    world = launch(ATRIUM_LOG_LEVEL="debug")
    world.api("POST", "/api/v1/campaigns", name=f"{MARKER} Campaign", objective="sales")
    tab = Tab(world.port, host=world.host.partition(":")[0], cookie=world.sign_in(), path="/campaigns")
    campaigns = f"{STATE}.enterprise_app___web___pages___campaigns___state____campaigns_state"
    pump_until(tab, lambda page: bool(page.value(campaigns, "rows")))
    assert MARKER in tab.seen, "the page did not get the campaign"
    tab.call(f"{campaigns}.search", q=f"{MARKER} typed")
    pump_until(tab, lambda page: bool(page.events))
    tab.close()
    logged = world.log.read_text()
    assert "process=web" in logged, "nothing was logged at all"
    for secret in (MARKER, "delta", "is_hydrated", EMAIL, "atrium_session"):
        assert secret not in logged, f"{secret!r} is in the log"
