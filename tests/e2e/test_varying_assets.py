"""EXP-10 as its owner lives it: variants of a page shown, made by the worker while one watches, led on to a test, and
looked at side by side."""

import re

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import assert_accessible, settled, shoot, visitor
from tests.e2e.people import Workspace, fetch, new_workspace, sign_in, toast
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
PAGE = (
    "<!doctype html><style>:root{--hero-height:70vh;--cta-height:48px;--brand:#d6336c}"
    "body{font-family:sans-serif;text-align:center;padding:40px}a{background:var(--brand);color:#fff;padding:14px}"
    "</style><h1>Lamps for everybody</h1><p>Light that follows you.</p><a class='cta'>Buy now</a>"
)
MADE = ["landing colour_1.html", "landing headline_1.html", "landing layout_1.html"]


def test_varying_assets(platform: Platform, browser: Browser):
    """From one page to a draft of an experiment with its variants."""
    space = new_workspace(platform, "Acme")
    campaign = space.call("POST", "/api/v1/campaigns", {"name": "Aurora lamp", "objective": "sales"})["id"]
    _upload(space, campaign)
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then=f"/campaigns/{campaign}")
        _make(page)
        page.get_by_role("dialog").get_by_role("button", name="Make an experiment of these").click()
        page.wait_for_url(re.compile(r"/experiments/[^/]+/edit"))
        settled(page)
        expect(page.get_by_role("heading", name="Aurora lamp: generated variants")).to_be_visible()
        page.goto(page.url.removesuffix("/edit").partition("?")[0] + "?tab=variants")
        settled(page)
        _compare(page)
        for locale in ("en", "ar"):
            assert fetch(page, "PATCH", "/api/v1/account", {"locale": locale}) == 200
            page.reload()
            settled(page)
            shoot(page, "variants-as-they-look", locale)
        watch.assert_quiet()


def _upload(space: Workspace, campaign: str) -> None:
    host = {"Authorization": f"Bearer {space.token}", "Host": space.url.removeprefix("http://")}
    at = f"{space.platform.loopback()}/api/v1/campaigns/{campaign}/assets"
    sent = httpx.post(at, params={"name": "landing.html"}, content=PAGE.encode(), headers=host, timeout=30)
    assert sent.status_code == 201, sent.text


def _make(page: Page) -> None:
    """Shown first; then made, with progress, and told when they are there."""
    page.get_by_role("button", name="Make variants").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Show variants").click()
    expect(dialog.get_by_role("heading", name="Headline 1")).to_be_visible()
    dialog.locator("section", has=page.get_by_role("heading", name="Colour 2")).get_by_role("checkbox").click()
    dialog.get_by_role("button", name="Make the chosen variants").click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog.get_by_text("Variants made: 3")).to_be_visible(timeout=60_000)
    assert_accessible(page, "variants that were made")
    toast(page, "The variants were made")
    for name in MADE:
        expect(page.get_by_role("button", name=name, include_hidden=True)).to_have_count(1)


def _compare(page: Page) -> None:
    """Each in a frame that runs nothing; one of them large, beside the original."""
    frames = page.locator(".look-asset iframe")
    expect(frames).to_have_count(4)
    assert {frame.get_attribute("sandbox") for frame in frames.all()} == {""}
    page.get_by_role("button", name="landing headline_1.html").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("iframe")).to_have_count(2)
    before, after = (dialog.frame_locator("iframe").nth(n).locator("h1") for n in (0, 1))
    expect(before).to_have_text("Lamps for everybody")
    expect(after).not_to_have_text("Lamps for everybody")
    assert_accessible(page, "an asset beside the original")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
