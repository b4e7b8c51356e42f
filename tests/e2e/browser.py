"""The browser of the journeys: watches the console, runs axe, and writes the screenshots that people look at."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

SHOTS = Path(__file__).parent / "screenshots"
THEMES = ("light", "dark")
WIDTHS = (1440, 390)
EDGES = (360, 2560)
"""The narrowest and widest screens we promise: each page in each language, in one theme to keep the run short."""
EDGE_THEMES = {"en": "light", "ar": "dark"}
HEIGHTS = {1440: 900, 390: 844, 360: 740, 2560: 1440}
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.atrium.localhost 127.0.0.1,MAP atrium.localhost 127.0.0.1",
]


def chromium_path() -> str | None:
    """The browser that `./atrium test` found or installed; None lets Playwright use its own."""
    named = os.environ.get("CHROMIUM_PATH")
    return named or next((p for n in ("chromium", "google-chrome", "chrome") if (p := shutil.which(n))), None)


def launch(playwright: Playwright) -> Browser:
    """A headless Chromium that resolves tenant hosts to this machine."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)


class Watch:
    """Collects what a page must never do: console errors and warnings, page errors, failed requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.problems: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"page error: {error.error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Within, the browser's own note of a refused request (4xx) is no problem: the refusal is what is tried."""
        before = len(self.problems)
        yield
        heard = [text for text in self.problems[before:] if not REFUSAL.search(text)]
        self.problems[before:] = heard

    def assert_quiet(self) -> None:
        """Fails with everything that was heard since the last call."""
        heard, self.problems = self.problems, []
        assert not heard, "\n".join(heard)


@contextmanager
def visitor(browser: Browser, *, locale: str = "en-US", zone: str = "Europe/Berlin") -> Iterator[tuple[Page, Watch]]:
    """A person with a browser of their own (fresh cookies)."""
    context = browser.new_context(locale=locale, timezone_id=zone, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    watch = Watch(context)
    try:
        yield context.new_page(), watch
    finally:
        context.close()


def settled(page: Page, *, skeletons: bool = True) -> None:
    """Waits until the page is hydrated and loaded, fonts and texts are there, and nothing changes any more.

    The design page shows skeletons as examples: there they are no sign of waiting.
    """
    page.wait_for_load_state("load")
    page.wait_for_function(
        """(skeletons) => {
            const root = document.documentElement;
            const bones = skeletons && document.querySelector(".skeleton");
            const waits = root.dataset.ready !== "true" || root.dataset.texts || bones;
            const now = performance.now();
            if (!window.stillSince) {
                window.stillSince = now;
                const changed = () => (window.stillSince = performance.now());
                const kinds = { subtree: true, childList: true, characterData: true, attributes: true };
                new MutationObserver(changed).observe(root, kinds);
            }
            return !waits && now - window.stillSince > 250;
        }""",
        arg=skeletons,
    )
    page.evaluate("document.fonts.ready")


def assert_accessible(page: Page, name: str) -> None:
    """No axe violation of WCAG 2.2 A and AA."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    places = [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"][:4]]
    assert not found, "\n".join([f"{name}:", *places])


def shoot(page: Page, name: str, locale: str) -> None:
    """A screenshot in both themes and all widths; axe runs in both themes; nothing may overflow sideways."""
    SHOTS.mkdir(exist_ok=True)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width in (*WIDTHS, *(EDGES if EDGE_THEMES.get(locale, "light") == theme else ())):
            page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            page.wait_for_timeout(150)
            page.screenshot(path=SHOTS / f"{name}-{locale}-{theme}-{width}.png", full_page=width == 1440)
            sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert sideways <= 1, f"{name} ({locale}, {width} px) is {sideways} px too wide"
        assert_accessible(page, f"{name} ({locale}, {theme})")
    page.set_viewport_size({"width": 1440, "height": 900})
