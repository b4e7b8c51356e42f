"""Pages of measuring where they easily break: filters on a phone, a chart in another language, news of oneself."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import HEIGHTS, assert_accessible, settled, visitor
from tests.e2e.people import Workspace, new_workspace, prove_email, sign_in
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
CONDITIONS = "filter=utm_source:eq:news&filter=properties.plan:eq:Pro&device=desktop&event=Signed"
OUTSIDE = """() => {
    const svg = document.querySelector(".chart-canvas .main-svg").getBoundingClientRect();
    return [...document.querySelectorAll(".chart-canvas :is(.xtick, .ytick) text")]
        .map((label) => [label.textContent, label.getBoundingClientRect()])
        .filter(([, box]) => box.left < svg.left - 0.5 || box.right > svg.right + 0.5 || box.bottom > svg.bottom + 0.5)
        .map(([text, box]) => `${text} at ${box.left}–${box.right} of ${svg.left}–${svg.right}`);
}"""


def test_measuring(platform: Platform, browser: Browser):
    """One tab, with events of today."""
    space = new_workspace(platform, "Acme")
    _send(space, 1_500)
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then="/analytics")
        _prove_the_address_elsewhere(page, space)
        _read_the_chart_in_other_languages(page)
        _filter_on_a_phone(page, space)
        watch.assert_quiet()


def _send(space: Workspace, events: int) -> None:
    key = space.call("POST", "/api/v1/sources", {"name": "Site", "kind": "web"})["write_key"]
    event = {
        "type": "track",
        "event": "Signed up",
        "properties": {"plan": "Pro"},
        "context": {"campaign": {"source": "news"}},
    }
    for first in range(0, events, 500):
        batch = [event | {"anonymousId": f"v{n}"} for n in range(first, min(events, first + 500))]
        sent = httpx.post(f"{space.platform.loopback()}/v1/batch", json={"batch": batch}, auth=(key, ""), timeout=30)
        assert sent.is_success, sent.text


def _prove_the_address_elsewhere(page: Page, space: Workspace) -> None:
    """The note about it goes from the open page, which nobody touches."""
    note = page.locator(".callout").filter(has_text=space.email)
    expect(note).to_be_visible()
    page.evaluate("window.same = true")
    prove_email(space.platform, space.email)
    expect(note).to_be_hidden(timeout=5_000)
    assert page.evaluate("window.same") is True


def _read_the_chart_in_other_languages(page: Page) -> None:
    """Its labels stay on the drawing when the value axis changes its side."""
    for locale, side in (("en", "left"), ("ar", "right"), ("ja", "left"), ("ar", "right")):
        page.locator(f'button:has([lang="{locale}"])').first.dispatch_event("click")
        page.wait_for_function("locale => document.documentElement.lang === locale", arg=locale)
        settled(page)
        box = page.locator(".chart-canvas .ytick text").last.bounding_box()
        whole = page.locator(".chart-canvas").first.bounding_box()
        assert box
        assert whole
        assert (box["x"] > whole["x"] + whole["width"] / 2) is (side == "right")
        assert page.evaluate(OUTSIDE) == []
    page.locator('button:has([lang="en"])').first.dispatch_event("click")


def _filter_on_a_phone(page: Page, space: Workspace) -> None:
    """One button for all of them, with how many are set; what the address adds is told in words."""
    page.set_viewport_size({"width": 390, "height": HEIGHTS[390]})
    page.goto(f"{space.url}/analytics/events?{CONDITIONS}")
    settled(page)
    expect(page.locator(".chip")).to_have_text([re.compile("UTM source = .?news"), re.compile("plan = .?Pro")])
    button, device = page.get_by_role("button", name="Filters 1"), page.get_by_role("combobox", name="Device")
    expect(page.get_by_label("Event name", exact=True)).to_be_visible()
    expect(device).to_be_hidden()
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(device).to_be_visible()
    assert_accessible(page, "filters of events on a phone")
    device.select_option("")
    expect(page.get_by_role("row").filter(has_text="Signed up").first).to_be_visible()
    expect(device).to_be_visible()
    page.get_by_role("button", name="Filters", exact=True).click()
    expect(device).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": HEIGHTS[1440]})
    expect(device).to_be_visible()
    expect(page.locator(".folding-button")).to_be_hidden()
