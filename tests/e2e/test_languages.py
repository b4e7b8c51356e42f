"""Another language on the open page: texts, direction, numbers and dates change, nothing typed is lost."""

import re
from datetime import date

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import settled, visitor
from tests.e2e.leftovers import find_english
from tests.e2e.people import Workspace, new_workspace, sign_in
from tests.e2e.platform import Platform

CAMPAIGN = "Frühling"


def test_languages(platform: Platform, browser: Browser):
    """English, Arabic, German, without a reload."""
    space = new_workspace(platform, "Polyglot")
    budget = {"amount_minor": 123_450, "currency": "EUR"}
    draft = {"name": CAMPAIGN, "budget": budget, "starts_on": "2026-03-05", "ends_on": "2026-03-09"}
    space.call("POST", "/api/v1/campaigns", draft)
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then="/campaigns")
        page.evaluate("window.marker = 'still here'")
        row = page.get_by_role("row").filter(has_text=CAMPAIGN)
        expect(row).to_contain_text("€1,234.50")
        _read_arabic(page, space)
        _choose(page, "de")
        expect(row).to_contain_text(re.compile(r"1\.234,50\s€"))
        expect(row).to_contain_text("05.03.2026")
        expect(page.get_by_role("heading", level=1)).to_have_text("Kampagnen")
        assert page.evaluate("document.documentElement.dir") == "ltr"
        assert page.evaluate("window.marker") == "still here"
        _keep_what_is_typed(page)
        page.reload()
        settled(page)
        assert page.evaluate("document.documentElement.lang") == "de"
        watch.assert_quiet()


def _choose(page: Page, locale: str) -> None:
    page.locator(".user-menu summary").click()
    page.locator(f'.user-menu button:has([lang="{locale}"])').click()
    expect(page.locator("html")).to_have_attribute("lang", locale)
    page.keyboard.press("Escape")
    settled(page)


def _read_arabic(page: Page, space: Workspace) -> None:
    """Mirrored, and nothing English is left on any page that the navigation leads to."""
    before = page.locator(".sidebar").bounding_box()
    assert before
    assert before["x"] == 0
    _choose(page, "ar")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    after = page.locator(".sidebar").bounding_box()
    assert after
    assert after["x"] + after["width"] == 1440
    assert page.evaluate("window.marker") == "still here"
    for link in page.locator(".sidebar .nav-link[href]").all():
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        settled(page)
        left = find_english(page, [CAMPAIGN, space.name, space.slug, space.owner])
        assert not left, f"English on {page.url}: {left}"
    assert page.evaluate("window.marker") == "still here"
    page.locator('.sidebar .nav-link[href="/campaigns"]').click()
    expect(page.get_by_role("row").filter(has_text=CAMPAIGN)).to_be_visible()


def _keep_what_is_typed(page: Page) -> None:
    page.goto(page.url.split("?")[0] + "/new")
    settled(page)
    page.evaluate("window.marker = 'form'")
    page.locator('[name="name"]').fill("Halb getippt")
    page.locator('[name="starts_on"]').fill(date(2026, 4, 1).isoformat())
    page.locator('[name="description"]').fill("Noch nicht fertig")
    _choose(page, "en")
    expect(page.get_by_role("button", name="Save campaign")).to_be_visible()
    _choose(page, "de")
    expect(page.get_by_role("button", name="Kampagne speichern")).to_be_visible()
    for name, value in (("name", "Halb getippt"), ("starts_on", "2026-04-01"), ("description", "Noch nicht fertig")):
        expect(page.locator(f'[name="{name}"]')).to_have_value(value)
    assert page.evaluate("window.marker") == "form"
