"""Finds a Chromium for the end-to-end tests, or installs one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .terminal import fail, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_browser() -> str | None:
    """CHROMIUM_PATH, a system Chromium or Chrome, or the one that Playwright downloaded; its path."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        return named if os.access(named, os.X_OK) else None
    system = next((found for name in NAMES if (found := shutil.which(name))), None)
    return system or (str(MAC) if MAC.exists() else None) or _playwrights()


def require_browser() -> str:
    """The browser's path; installs it if there is none. A missing browser is an error, not a skip."""
    named = os.environ.get("CHROMIUM_PATH")
    if named and not os.access(named, os.X_OK):
        fail(f"CHROMIUM_PATH={named} is not a program.", "Correct it or unset it.")
    return (
        find_browser()
        or _install()
        or fail(
            "There is no browser for the end-to-end tests, and none could be installed.",
            "Install chromium or google-chrome, or set CHROMIUM_PATH.",
        )
    )


def _install() -> str | None:
    say("Installing a browser for the end-to-end tests")
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if _playwrights() is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-q"], check=False)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(
            ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"], env=environment, check=False
        )
    return find_browser()


def _playwrights() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.access(path, os.X_OK) else None
