"""One platform and one browser for all journeys; the frontend is built once."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browser import launch
from tests.e2e.platform import Platform, find_running, start_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A fresh installation in development mode (with mailbox and design page), or the running one of E2E_URL."""
    running = find_running() or start_platform(tmp_path_factory.mktemp("atrium") / "data", "--dev")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, shared; each visitor gets a context of its own."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
