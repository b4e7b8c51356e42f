"""The first day: the operator's link, a workspace, a campaign, a source, events that show up, an imported log."""

import re
import time
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browser import Watch, settled, visitor
from tests.e2e.people import PASSWORD, become_operator, toast, unique
from tests.e2e.platform import Platform

LOG = Path(__file__).parent / "data" / "small_access.log"
NAME = "Spring launch"


def test_newcomer(platform: Platform, browser: Browser, tmp_path: Path):
    """From an empty installation to live numbers."""
    with visitor(browser) as (page, watch):
        become_operator(page, platform)
        watch.assert_quiet()
    with visitor(browser) as (page, watch):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        slug = _sign_up(page, watch, platform)
        _create_campaign(page)
        _look_at_campaigns(page)
        _change_campaign(page)
        key = _add_source(page)
        _see_events_arrive(page, platform, key)
        _import_log(page, platform, slug, tmp_path)
        _filter_overview(page, platform, slug)
        watch.assert_quiet()


def _sign_up(page: Page, watch: Watch, platform: Platform) -> str:
    page.goto(f"{platform.host()}/sign-up")
    settled(page)
    email = f"{unique('ada')}@example.com"
    page.get_by_label("Name of the workspace").fill("Acme")
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill(email)
    page.locator('[name="password"]').fill(PASSWORD)
    address, create = page.get_by_label("Address"), page.get_by_role("button", name="Create your workspace")
    expect(address).to_have_value("acme")
    for bad in ("admin", "аcme", "a--b"):  # the second one begins with a Cyrillic letter
        with watch.refusals():
            address.fill(bad)
            create.click()
            expect(page.locator('[data-error-of="slug"]')).not_to_be_empty()
            expect(create).to_be_enabled()
        expect(address).to_have_attribute("aria-invalid", "true")
        expect(address).to_have_value(bad)
        expect(page.get_by_label("E-mail")).to_have_value(email)
    slug = unique("acme")
    address.fill(slug)
    create.click()
    page.wait_for_url(f"{platform.host(slug)}/")
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Ada Lovelace")
    expect(page.locator(".checklist-step")).to_have_count(4)
    return slug


def _create_campaign(page: Page) -> None:
    today = date.today()
    page.locator(".checklist").get_by_role("link", name="New campaign").click()
    page.wait_for_url("**/campaigns/new")
    settled(page)
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("First day").fill(today.isoformat())
    page.get_by_label("Last day").fill((today - timedelta(days=3)).isoformat())
    page.get_by_label("Budget").fill("1,234.50")
    page.get_by_role("button", name="Save campaign").click()
    expect(page.get_by_text("The last day lies before the first")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value(NAME)
    page.get_by_label("Last day").fill((today + timedelta(days=9)).isoformat())
    page.get_by_role("button", name="Save campaign").click()
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}$"))
    settled(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.get_by_text("1,234.50")).to_be_visible()


def _look_at_campaigns(page: Page) -> None:
    page.locator(".sidebar").get_by_role("link", name="Campaigns").click()
    expect(page.get_by_role("row").filter(has_text=NAME)).to_be_visible()
    page.get_by_role("button", name="Board").click()
    expect(page.locator(".lane-card").filter(has_text=NAME)).to_be_visible()
    page.get_by_role("button", name="Calendar").click()
    expect(page.locator(".mark").filter(has_text=NAME).first).to_be_visible()
    expect(page).to_have_url(re.compile("view=calendar"))
    page.reload()
    expect(page.locator(".mark").filter(has_text=NAME).first).to_be_visible()
    page.go_back()
    expect(page.locator(".lane-card").filter(has_text=NAME)).to_be_visible()
    page.get_by_role("button", name="List").click()


def _change_campaign(page: Page) -> None:
    _in_menu(page, NAME, "Edit")
    page.wait_for_url("**/edit")
    settled(page)
    page.get_by_label("Description").fill("Everything grows.")
    page.get_by_role("button", name="Save campaign").click()
    expect(page.locator(".prose")).to_have_text("Everything grows.")
    page.locator(".sidebar").get_by_role("link", name="Campaigns").click()
    row = page.get_by_role("row").filter(has_text=NAME)
    _in_menu(page, NAME, "Activate")
    expect(row.get_by_text("Active")).to_be_visible()
    _in_menu(page, NAME, "Pause")
    expect(row.get_by_text("Paused")).to_be_visible()
    page.locator(".toast").filter(has_text="is paused").get_by_role("button", name="Undo").click()
    expect(row.get_by_text("Active")).to_be_visible()
    row.get_by_role("link", name=NAME).click()
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}$"))
    _archive(page)


def _archive(page: Page) -> None:
    _in_menu(page, NAME, "Archive")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Archive this campaign?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(page.locator(".badge").filter(has_text="Active")).to_be_visible()
    _in_menu(page, NAME, "Archive")
    dialog.get_by_role("button", name="Archive").click()
    toast(page, "is archived")
    expect(page.locator(".badge").filter(has_text="Archived")).to_be_visible()


def _in_menu(page: Page, name: str, entry: str) -> None:
    page.get_by_role("button", name=f"More actions for {name}").click()
    page.get_by_role("menuitem", name=entry).click()


def _add_source(page: Page) -> str:
    page.locator(".sidebar").get_by_role("link", name="Sources").click()
    page.get_by_role("button", name="Add source").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Website")
    dialog.get_by_role("button", name="Add source").click()
    key = page.get_by_role("dialog").locator(".copy-value").first
    expect(key).to_have_text(re.compile("^atw_"))
    page.get_by_role("dialog").locator(".copy-button").first.click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Copied").first).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == key.inner_text()
    page.keyboard.press("Escape")
    expect(page.get_by_role("row").filter(has_text="Website")).to_contain_text("Waiting for events")
    return copied


def _tile(page: Page, name: str) -> Locator:
    return page.locator(".stat").filter(has=page.get_by_text(name, exact=True)).locator(".stat-value")


def _see_events_arrive(page: Page, platform: Platform, key: str) -> None:
    """The open page shows what arrives, within two seconds, without a reload."""
    page.locator(".sidebar").get_by_role("link", name="Overview").click()
    expect(page.get_by_text("No events yet")).to_be_visible()
    page.evaluate("window.same = true")
    _track(platform, key)
    expect(_tile(page, "Visitors")).to_have_text("1")
    began = time.monotonic()
    _track(platform, key)
    expect(_tile(page, "Visitors")).to_have_text("2")
    seconds = time.monotonic() - began
    assert seconds <= 2, f"the event was on the page after {seconds:.2f} s"
    assert page.evaluate("window.same") is True


def _track(platform: Platform, key: str) -> None:
    """A new visitor does something, reported as a stock client does."""
    body = {"anonymousId": str(uuid4()), "event": "Signed up", "properties": {"plan": "Starter"}}
    answer = httpx.post(f"{platform.loopback()}/v1/track", json=body, auth=(key, ""))
    assert answer.status_code == 200, answer.text


def _import_log(page: Page, platform: Platform, slug: str, folder: Path) -> None:
    rejected = folder / "rejected.jsonl"
    command = ("import", str(LOG), "--format", "access-log", "--tenant", slug, "--rejects", str(rejected))
    first = platform.run(*command)
    assert first.returncode == 0, first.stderr
    assert re.search(r"200 lines: 198 added, 0 already there, 2 rejected", first.stdout), first.stdout
    assert rejected.read_text().count("\n") == 2
    second = platform.run(*command)
    assert re.search(r"200 lines: 0 added, 198 already there, 2 rejected", second.stdout), second.stdout
    page.locator(".sidebar").get_by_role("link", name="Sources").click()
    expect(page.get_by_role("row").filter(has_text=LOG.name).first).to_contain_text("198")


def _filter_overview(page: Page, platform: Platform, slug: str) -> None:
    page.goto(f"{platform.host(slug)}/analytics?start=2025-03-03&end=2025-03-09")
    settled(page)
    everybody = _tile(page, "Sessions").inner_text()
    assert int(everybody) > 20
    page.locator(".bar-list").get_by_role("link", name=re.compile("Organic search")).click()
    chip = page.locator(".chip").filter(has_text="Channel: Organic search")
    expect(chip).to_be_visible()
    expect(page).to_have_url(re.compile("channel=organic_search"))
    expect(_tile(page, "Sessions")).not_to_have_text(everybody)
    some = _tile(page, "Sessions").inner_text()
    page.reload()
    expect(chip).to_be_visible()
    expect(_tile(page, "Sessions")).to_have_text(some)
    page.go_back()
    expect(chip).to_be_hidden()
    expect(_tile(page, "Sessions")).to_have_text(everybody)
