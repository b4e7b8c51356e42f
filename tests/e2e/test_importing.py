"""A file becomes events in the browser: uploaded, led, looked at, imported, cancelled, run again; what was refused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.e2e.browser import settled, visitor
from tests.e2e.people import Workspace, new_workspace, sign_in, toast
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
NAME = "Anmeldungen März.csv"
LONG = "long.csv"
SIGN_UPS, LONG_ROWS = 40, 90_000
DROP = """(names) => {
    const carried = new DataTransfer();
    for (const name of names) carried.items.add(new File(["time,event"], name));
    const zone = document.querySelector(".upload");
    for (const kind of ["dragover", "drop"])
        zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""
SECONDS = 60_000


def sign_ups() -> bytes:
    """Who signed up when, with a plan, and two rows that no event can be made of."""
    rows = [f"2026-03-{1 + n % 28:02d} 10:{n % 60:02d};client {n};Signed up;Pro" for n in range(SIGN_UPS)]
    rows[10:10] = ["some day;client x;Signed up;Pro"]
    return "\n".join(["time;who;event;plan", *rows, "2026-03-05 10:00;client y;;Pro", ""]).encode("utf-8-sig")


def many() -> Iterator[bytes]:
    """So many rows that there is time to change one's mind."""
    yield b"time,event,userId,note\n"
    for n in range(LONG_ROWS):
        yield b"2026-02-%02dT%02d:%02d:00Z,Opened,u%d,%s\n" % (1 + n % 28, n % 24, n % 60, n % 500, b"x" * 200)


def test_importing(platform: Platform, browser: Browser):
    """From an empty list to events that are there once."""
    space = new_workspace(platform, "Acme")
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then="/imports")
        expect(page.get_by_text("Nothing imported yet")).to_be_visible()
        _bring_two(page)
        _choose(page, NAME, sign_ups())
        _look_at_the_preview(page)
        _start(page, NAME)
        _see_result(page, NAME, added=SIGN_UPS, known=0, rejected=2)
        _download_rejected(page, NAME)
        _cancel(page, space)
        _do_it_again(page)
        assert _stored(space) == SIGN_UPS
        watch.assert_quiet()


def _bring_two(page: Page) -> None:
    """Several files at once are none, and that is said."""
    page.get_by_role("link", name="Import a file").first.click()
    page.wait_for_url("**/imports/new")
    settled(page)
    assert not page.locator("input[type=file]").evaluate("input => input.multiple")
    page.evaluate(DROP, ["one.csv", "two.csv"])
    expect(page.get_by_role("alert")).to_contain_text("Only one file at a time")
    expect(page.locator(".upload-item")).to_have_count(0)


def _choose(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(FilePayload(name=name, mimeType="text/csv", buffer=content))
    page.wait_for_url(re.compile(r"upload="))
    expect(page.get_by_text(name)).to_be_visible()


def _look_at_the_preview(page: Page) -> None:
    """Its separator and times were found; a column that nobody could guess is led by hand; reload comes back to it."""
    expect(page.get_by_label("Delimiter", exact=True)).to_have_value(";")
    expect(_target(page, "time")).to_have_value("timestamp")
    expect(_target(page, "event")).to_have_value("event")
    expect(_target(page, "who")).to_have_value("properties")
    expect(page.get_by_text("The import can’t start yet")).to_be_visible()
    expect(page.get_by_role("button", name="Start the import")).to_be_disabled()
    page.reload()
    settled(page)
    _target(page, "who").select_option("userId")
    preview = page.get_by_role("region", name="4. Preview")
    expect(preview.get_by_role("row").filter(has_text="client 3")).to_contain_text("Signed up")
    expect(preview.get_by_role("row").filter(has_text="plan: Pro").first).to_be_visible()
    expect(preview.locator(".field-error").first).to_be_visible()
    expect(page.get_by_text("1 of them with a problem")).to_be_visible()


def _target(page: Page, column: str) -> Locator:
    return page.get_by_label(f"What {column} becomes", exact=True)


def _start(page: Page, name: str) -> None:
    page.get_by_role("button", name="Start the import").click()
    page.wait_for_url(re.compile(r"/imports$"))
    toast(page, f"{name} is being imported")


def _rows(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def _see_result(page: Page, name: str, *, added: int, known: int, rejected: int) -> None:
    """The list follows the import by itself; the newest stands first."""
    row = _rows(page, name).first
    expect(row.get_by_text("Finished")).to_be_visible(timeout=SECONDS)
    assert row.locator("td[data-label]").all_inner_texts()[1:4] == [f"{added}", f"{known}", f"{rejected}"]


def _download_rejected(page: Page, name: str) -> None:
    """Each line as it was, with its number and what is wrong with it."""
    with page.expect_download() as downloading:
        _rows(page, name).first.get_by_role("link", name="Download rejected lines").click()
    lines = [json.loads(line) for line in Path(downloading.value.path()).read_text().splitlines()]
    assert [line["line"] for line in lines] == [12, 43], lines
    assert "some day" in str(lines[0])
    assert "client y" in str(lines[1])


def _cancel(page: Page, space: Workspace) -> None:
    """While it runs its progress is seen; then it is as if it had never been."""
    page.get_by_role("link", name="Import a file").first.click()
    settled(page)
    _choose(page, LONG, b"".join(many()))
    _start(page, LONG)
    row = _rows(page, LONG).first
    expect(row.get_by_role("progressbar")).to_be_visible(timeout=SECONDS)
    row.get_by_role("button", name=f"More for {LONG}").click()
    page.get_by_role("menuitem", name="Cancel").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Nothing of the file will be kept")
    question.get_by_role("button", name="Cancel the import").click()
    expect(row.get_by_text("Cancelled")).to_be_visible(timeout=SECONDS)
    assert _stored(space) == SIGN_UPS


def _do_it_again(page: Page) -> None:
    """The same file once more, led the same way, adds nothing."""
    page.get_by_role("link", name="Import a file").first.click()
    settled(page)
    _choose(page, NAME, sign_ups())
    _target(page, "who").select_option("userId")
    expect(page.get_by_role("region", name="4. Preview").get_by_role("cell", name="client 3")).to_be_visible()
    _start(page, NAME)
    expect(_rows(page, NAME)).to_have_count(2)
    _see_result(page, NAME, added=0, known=SIGN_UPS, rejected=2)


def _stored(space: Workspace) -> int:
    """Events of that spring, as the API counts them one by one."""
    period = "filter=occurred_at:gte:{}&filter=occurred_at:lt:{}&limit=200"
    months = (("2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"), ("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z"))
    found = [space.call("GET", f"/api/v1/analytics/events?{period.format(*month)}") for month in months]
    return sum(len(page["items"]) for page in found)
