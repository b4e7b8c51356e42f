"""The sign-in page in a real browser: script on the wire, and when a person first sees something."""

import statistics
from dataclasses import dataclass
from typing import Any

from enterprise_app.bench import Row, benchmark
from enterprise_app.bench.served import served
from enterprise_app.commands.browser import find_browser

BAR_KB, BAR_MS = 300.0, 1000.0
ROUNDS = 5
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
              "--disable-sync", "--no-first-run",
              "--host-resolver-rules=MAP *.atrium.localhost 127.0.0.1,MAP atrium.localhost 127.0.0.1"]  # fmt: skip
_FIRST_PAINT = """
    () => new Promise(resolve => new PerformanceObserver(list => {
        const paint = list.getEntriesByName('first-contentful-paint')[0]
        if (paint) resolve(paint.startTime)
    }).observe({type: 'paint', buffered: true}))
"""


@dataclass(frozen=True)
class Visit:
    """One visit with an empty cache."""

    script: int
    uncompressed: list[str]
    first_paint: float


@benchmark("sign-in")
def sign_in() -> list[Row]:
    """The sign-in page in Chromium with an empty cache: compressed script, first contentful paint."""
    from playwright.sync_api import sync_playwright

    with served() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=_ARGUMENTS)
        visits = [_visit(browser, f"http://atrium.localhost:{running.port}/sign-in") for _ in range(ROUNDS + 1)]
        browser.close()
    for url in sorted({url for visit in visits for url in visit.uncompressed}):
        print(f"  not compressed: {url}", flush=True)
    kilobytes = max(visit.script for visit in visits) / 1000
    paint = statistics.median(visit.first_paint for visit in visits[1:])  # the first one starts the browser
    return [
        Row("Sign-in page: script, compressed", f"{kilobytes:.0f} kB", f"≤ {BAR_KB:.0f} kB", kilobytes / BAR_KB,
            kilobytes <= BAR_KB),
        Row("Sign-in page: first contentful paint on loopback", f"{paint:.0f} ms", f"< {BAR_MS:.0f} ms",
            paint / BAR_MS, paint < BAR_MS),
    ]  # fmt: skip


def _visit(browser: Any, url: str) -> Visit:
    """Bytes are counted as Chromium's network layer received them, headers included."""
    context = browser.new_context()
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    kinds: dict[str, tuple[str, str, str]] = {}
    script, uncompressed = 0, []

    def answered(event: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in event["response"]["headers"].items()}
        kinds[event["requestId"]] = (event["type"], event["response"]["url"], headers.get("content-encoding", ""))

    def finished(event: dict[str, Any]) -> None:
        nonlocal script
        kind, where, encoding = kinds.get(event["requestId"], ("", "", ""))
        if kind == "Script" or where.endswith((".js", ".mjs")):
            script += int(event["encodedDataLength"])
            if not encoding and event["encodedDataLength"] > 2000:
                uncompressed.append(where)

    network.on("Network.responseReceived", answered)
    network.on("Network.loadingFinished", finished)
    page.goto(url, wait_until="networkidle")
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")
    paint = page.evaluate(_FIRST_PAINT)
    context.close()
    return Visit(script, uncompressed, paint)
