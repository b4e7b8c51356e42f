"""One platform and one browser for all journeys; the frontend is built once.

With `-n 2` (as `./atrium test` does) two processes share the journeys: the platform is then started before them, by the
process that hands them out, and each has a browser of its own.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from enterprise_app.core.embedded.place import remove_place
from tests.e2e.browser import launch
from tests.e2e.platform import Platform, find_running, start_platform

SHARED = pytest.StashKey[Platform]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the platform for all processes, where there are several."""
    config = session.config
    if not config.getoption("numprocesses", None) or hasattr(config, "workerinput") or find_running():
        return
    folder = Path(tempfile.mkdtemp(prefix="atrium-journeys-"))
    running = start_platform(folder / "data", "--dev")
    printed = folder / "printed.txt"
    printed.write_text(running.output(), encoding="utf-8")
    os.environ |= {"E2E_URL": running.loopback(), "E2E_DATA": str(running.data_dir), "E2E_PRINTED": str(printed)}
    config.stash[SHARED] = running


def pytest_sessionfinish(session: pytest.Session) -> None:
    """And stop it."""
    running = session.config.stash.get(SHARED, None)
    if running is not None:
        running.stop()
        remove_place(running.data_dir / "pg")  # as root the data is elsewhere
        shutil.rmtree(running.data_dir.parent, ignore_errors=True)


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
