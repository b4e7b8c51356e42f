"""`@segment/analytics-next` and our own script, in a real Chromium, on pages of another origin."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from enterprise_app.domains.analytics.rules.snippet import render_snippet
from enterprise_app.domains.analytics.schemas import SourcePrivacy
from enterprise_app.domains.analytics.vocabulary import DoNotTrack
from tests.clients.conftest import Served, Source, run
from tests.e2e.browser import launch

pytestmark = pytest.mark.e2e

PAGE = "<!doctype html><title>{title}</title><link rel=icon href=data:,><h1>{title}</h1>{code}"
NEXT = "<script src=/bundle.js></script>"


class Site:
    """A web site on an origin of its own: every path is a page with `code` in it."""

    def __init__(self, bundle: bytes) -> None:
        self.code = ""
        site = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script = self.path == "/bundle.js"
                title = self.path.partition("?")[0].strip("/").title() or "Home"
                body = bundle if script else PAGE.format(title=title, code=site.code).encode()
                self.send_response(200)
                self.send_header("content-type", "text/javascript" if script else "text/html; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://localhost:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def snippet(self, source: Source, *more: str, **privacy: Any) -> None:
        """Paste the source's snippet into all pages, with further attributes."""
        html = render_snippet(source.key, source.served.url, SourcePrivacy(**privacy))
        self.code = html.replace("<script async", " ".join(["<script async", *more]))


@pytest.fixture(scope="module")
def site(node_modules: Path) -> Iterator[Site]:
    """The site, with Segment's client bundled as sites do."""
    run(node_modules, "esbuild", "browser.js", "--bundle", "--minify", "--outfile=bundle.js", "--log-level=error")
    made = Site((node_modules / "bundle.js").read_bytes())
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for this module."""
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@contextmanager
def visit(browser: Browser, *, before: str = "", **options: Any) -> Iterator[tuple[BrowserContext, Page]]:
    """A visitor with storage of their own; the page must stay without complaints."""
    context = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin", **options)
    if before:
        context.add_init_script(before)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    try:
        yield context, context.new_page()
    finally:
        context.close()
    assert problems == []


def only(events: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    found = [event for event in events if event["type"] == kind]
    assert len(found) == 1, [(event["type"], event["name"]) for event in events]
    return found[0]


def stored(page: Page) -> dict[str, str]:
    """What the visitor's browser keeps of us, cookies too."""
    return page.evaluate("({...localStorage, ...(document.cookie ? {cookie: document.cookie} : {})})")


@pytest.mark.parametrize("batching", [False, True])
def test_analytics_next_knows_only_its_cdn(browser: Browser, site: Site, source: Source, batching: bool) -> None:
    site.code, served = NEXT, source.served
    served.refuse(503, 0)
    strategy = {"strategy": "batching", "config": {"size": 10, "timeout": 300}}
    options = {"integrations": {"Segment.io": {"deliveryStrategy": strategy} if batching else {}}}
    with visit(browser) as (_, page):
        told: list[Any] = []
        page.on("request", lambda request: told.append(request.post_data_json) if request.post_data else None)
        page.goto(f"{site.url}/pricing?utm_source=mail&utm_medium=email")
        page.evaluate(
            """async ([writeKey, cdnURL, options]) => {
                const analytics = AnalyticsBrowser.load({ writeKey, cdnURL }, options);
                await analytics.page("Docs", "Pricing");
                await analytics.track("Order Completed", { order_id: "A-1", revenue: 49.9, currency: "EUR" });
                await analytics.identify("u-5", { email: "ada@acme.example" });
                await analytics.group("acme", { name: "Acme" });
                await analytics.screen("App", "Start");
                await analytics.alias("u-6", "u-5");
            }""",
            [source.key, served.url, options],
        )
        found = source.wait_for(6)
    view, order = only(found, "page"), only(found, "track")
    assert (view["name"], view["path"], view["title"]) == ("Pricing", "/pricing", "Pricing")
    assert (view["utm_source"], view["channel"], view["host"]) == ("mail", "email", "localhost")
    assert (order["revenue"], order["currency"], order["order_id"]) == (Decimal("49.9000"), "EUR", "A-1")
    assert (order["browser"], order["ip"]) == ("Chrome", "127.0.0.1")
    assert (order["context"]["locale"], order["context"]["timezone"]) == ("de-DE", "Europe/Berlin")
    identify = only(found, "identify")
    assert (identify["user_id"], identify["anonymous_id"]) == ("u-5", view["anonymous_id"])
    assert identify["properties"] == {"email": "ada@acme.example"}
    assert only(found, "group")["properties"]["groupId"] == "acme"
    alias = only(found, "alias")
    sent = next(m for body in told for m in body.get("batch", [body]) if m["type"] == "alias")
    assert (alias["user_id"], alias["properties"]["previousId"]) == (sent["userId"], sent["previousId"])
    paths = [call["path"] for call in served.calls()]
    assert set(paths) == ({"/v1/b"} if batching else {f"/v1/{letter}" for letter in "ptigsa"})
    assert {call["origin"] for call in served.calls()} == {site.url}


def test_analytics_next_waits_as_it_is_told(browser: Browser, site: Site, source: Source) -> None:
    site.code, served = NEXT, source.served
    served.refuse(429, 1)
    with visit(browser) as (_, page):
        page.goto(f"{site.url}/pricing")
        page.evaluate(
            "([writeKey, cdnURL]) => { AnalyticsBrowser.load({ writeKey, cdnURL }).track('Clicked') }",
            [source.key, served.url],
        )
        source.wait_for(1, 30)
    calls = served.calls()
    assert [call["status"] for call in calls] == [429, 200]
    assert calls[1]["at"] - calls[0]["at"] > 0.95


def test_our_script_sends_every_call_and_what_came_before_it(browser: Browser, site: Site, source: Source) -> None:
    site.snippet(source)
    site.code = site.code.replace(
        "</script>\n<script async", "\natrium.track('Early', {n: 1});</script>\n<script async"
    )
    with visit(browser) as (_, page):
        page.goto(f"{site.url}/pricing?utm_source=mail&utm_medium=email")
        page.wait_for_function("!atrium.q")
        page.evaluate(
            """() => {
                atrium.identify("u-5", { plan: "Starter" });
                atrium.track("Order Completed", { order_id: "A-1", revenue: 49.9, currency: "EUR" });
                atrium.group("acme", { name: "Acme" });
                atrium.alias("u-6");
            }"""
        )
        found = source.wait_for(6)
        before = stored(page)
        page.evaluate("atrium.reset()")
        assert stored(page) == {}
        page.evaluate("atrium.page('Again', {section: 'x'})")
        again = source.wait_for(7)[-1]
    view = only(found, "page")
    assert (view["path"], view["title"], view["channel"]) == ("/pricing", "Pricing", "email")
    assert view["context"]["timezone"] == "Europe/Berlin"
    tracks = {event["name"]: event for event in found if event["type"] == "track"}
    assert tracks["Early"]["properties"] == {"n": 1}
    assert (tracks["Early"]["user_id"], tracks["Order Completed"]["user_id"]) == (None, "u-5")
    assert tracks["Order Completed"]["revenue"] == Decimal("49.9000")
    assert only(found, "alias")["properties"]["previousId"] == "u-5"
    assert before == {"atrium_id": view["anonymous_id"], "atrium_user": "u-6"}
    assert len({event["anonymous_id"] for event in found}) == 1
    assert again["anonymous_id"] != view["anonymous_id"]
    assert (again["user_id"], again["name"], again["properties"]) == (None, "Again", {"section": "x"})


def test_a_page_that_is_left_sends_what_is_waiting(browser: Browser, site: Site, source: Source) -> None:
    site.snippet(source)
    with visit(browser) as (_, page):
        page.goto(f"{site.url}/one")
        source.wait_for(1)
        page.evaluate("atrium.track('Left', {to: 'two'})")
        site.code = ""
        page.goto(f"{site.url}/two")
        assert {event["name"] for event in source.wait_for(2)} == {None, "Left"}


def test_pages_of_an_application_count_as_their_address_changes(browser: Browser, site: Site, source: Source) -> None:
    site.snippet(source, "data-spa")
    with visit(browser) as (_, page):
        page.goto(f"{site.url}/one")
        source.wait_for(1)
        page.evaluate("history.pushState({}, '', '/two')")
        source.wait_for(2)
        page.evaluate("history.replaceState({}, '', '/two')")  # the same place
        page.evaluate("history.back()")
        found = source.wait_for(3)
    assert [event["path"] for event in found] == ["/one", "/two", "/one"]
    assert [event["referrer"] for event in found[1:]] == [f"{site.url}/one", f"{site.url}/two"]


def test_without_consent_nothing_is_sent_and_nothing_stored(browser: Browser, site: Site, source: Source) -> None:
    site.snippet(source, consent_required=True)
    with visit(browser) as (_, page):
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        page.goto(f"{site.url}/one")
        page.wait_for_function("!atrium.q")
        page.evaluate("atrium.identify('u-5'); atrium.track('Looked')")
        page.wait_for_timeout(800)
        assert [url for url in sent if "/v1/" in url] == [f"{source.served.url}/v1/atrium.js"]
        assert stored(page) == {}
        page.evaluate("atrium.consent(true)")
        found = source.wait_for(3)
        assert stored(page) == {
            "atrium_consent": "yes", "atrium_id": found[0]["anonymous_id"], "atrium_user": "u-5",
        }  # fmt: skip
        page.goto(f"{site.url}/two")  # remembered
        source.wait_for(4)
        page.evaluate("atrium.consent(false)")
        assert stored(page) == {"atrium_consent": "no"}
        page.evaluate("atrium.track('Never')")
        page.goto(f"{site.url}/three")
        page.wait_for_timeout(800)
        assert stored(page) == {"atrium_consent": "no"}
    assert len(source.events()) == 4


ASKS = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})"


@pytest.mark.parametrize("setting", list(DoNotTrack))
@pytest.mark.parametrize("by", ["script", "header"])
def test_who_asks_not_to_be_tracked_is_not(
    browser: Browser, site: Site, served: Served, setting: DoNotTrack, by: str
) -> None:
    source = served.new_source(setting.value)
    site.snippet(source, do_not_track=setting)
    asking: dict[str, Any] = {"before": ASKS} if by == "script" else {"extra_http_headers": {"Sec-GPC": "1"}}
    with visit(browser, **asking) as (_, page):
        page.goto(f"{site.url}/one?mail=ada@acme.example&utm_source=mail")
        page.wait_for_function("!atrium.q")
        page.evaluate("atrium.identify('u-5', {email: 'ada@acme.example'}); atrium.track('Looked', {n: 1})")
        page.wait_for_timeout(1_200)
        kept = stored(page)
    events = source.events()
    if setting is DoNotTrack.IGNORE:
        assert {event["user_id"] for event in events} == {None, "u-5"}
        assert set(kept) == {"atrium_id", "atrium_user"}
        return
    assert by == "header" or kept == {}
    assert {event["type"] for event in events} == (set() if setting is DoNotTrack.DROP else {"page", "track"})
    for event in events:
        assert [event[name] for name in ("user_id", "anonymous_id", "ip", "session_id")] == [None] * 4
        assert (event["url"], event["utm_source"]) == (f"{site.url}/one", "mail")
        assert "ada@" not in json.dumps(event, default=str)
    assert len({event["visitor_id"] for event in events}) <= 1


def test_a_refused_script_tries_again_when_told(browser: Browser, site: Site, source: Source) -> None:
    site.snippet(source)
    source.served.refuse(503, 2)
    with visit(browser) as (_, page):
        page.goto(f"{site.url}/one")
        source.wait_for(1)
    calls = source.served.calls()
    assert [call["status"] for call in calls] == [503, 503, 200]
    assert all(b["at"] - a["at"] > 0.95 for a, b in pairwise(calls))


def test_the_pixel_counts_on_a_page_of_another_origin(browser: Browser, site: Site, source: Source) -> None:
    site.code = f'<img src="{source.served.url}/v1/pixel.gif?writeKey={source.key}&amp;event=Mail+Opened&amp;mail=m-1">'
    with visit(browser) as (_, page):
        page.goto(f"{site.url}/one?x=1")
        size = page.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")
    found = source.wait_for(1)[0]
    assert size == [1, 1]
    assert (found["type"], found["name"], found["properties"]) == ("track", "Mail Opened", {"mail": "m-1"})
    assert (found["browser"], found["user_id"], found["host"]) == ("Chrome", None, "localhost")


def test_the_script_that_is_served_is_the_one_that_is_read(node_modules: Path) -> None:
    folder = Path(__file__).parents[2] / "enterprise_app/domains/analytics/api"
    fresh = run(node_modules, "esbuild", "--minify", str(folder / "atrium.js"), "--log-level=error")
    assert (folder / "atrium.min.js").read_text() == fresh
    assert len(fresh.encode()) <= 3_000
