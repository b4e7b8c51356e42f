"""Files of a campaign in two browsers: dropped, refused, cancelled, tried again, downloaded, removed, brought back."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, FilePayload, Locator, Page, Route, expect

from tests.e2e.browser import settled, visitor
from tests.e2e.people import new_workspace, sign_in
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
PNG = b"\x89PNG\r\n\x1a\n" + bytes(3_000)
DROP = """([name, text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], name));
    const zone = document.querySelector('.upload:has(> .upload-zone > [aria-label="Files of the campaign"])');
    for (const kind of ["dragover", "drop"])
        zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
}"""


def test_files(platform: Platform, browser: Browser):
    """What one attaches, removes and brings back the other sees without a reload."""
    space = new_workspace(platform, "Acme")
    campaign = space.call("POST", "/api/v1/campaigns", {"name": "Spring"})["id"]
    with visitor(browser) as (ada, one), visitor(browser) as (second, two):
        for page in (ada, second):
            sign_in(page, space.url, space.email, then=f"/campaigns/{campaign}")
            expect(page.get_by_text("No files yet")).to_be_visible()
        _choose(ada, "hero.png", PNG)
        expect(_names(second)).to_have_text(["hero.png"])
        ada.evaluate(DROP, ["../../موجز\u202e.txt", "The brief."])
        expect(_names(second)).to_have_text(["موجز.txt", "hero.png"])
        with one.refusals():
            _choose(ada, "empty.txt", b"")
            expect(ada.get_by_role("alert")).to_contain_text("The file is empty")
            ada.get_by_role("button", name="Dismiss: empty.txt").click()
            _cancel_and_try_again(ada)
        one.problems = [told for told in one.problems if "ERR_FAILED" not in told]  # the line that was cut on purpose
        expect(_names(second)).to_have_text(["again.txt", "موجز.txt", "hero.png"])
        _download(ada)
        _remove_and_undo(ada, second)
        _pause_and_undo(ada)
        one.assert_quiet()
        two.assert_quiet()


def _choose(page: Page, name: str, content: bytes) -> None:
    zone = page.locator('input[type=file][aria-label="Files of the campaign"]')
    zone.set_input_files(FilePayload(name=name, mimeType="text/html", buffer=content))


def _names(page: Page) -> Locator:
    return page.locator(".file-name")


@contextmanager
def _held(page: Page) -> Iterator[list[Route]]:
    """Uploads wait on the line."""
    waiting: list[Route] = []
    page.route("**/files?name=*", lambda route: waiting.append(route))
    yield waiting
    for route in waiting:
        with suppress(Error):  # cancelled by the page
            route.abort()
    page.unroute("**/files?name=*")


def _cancel_and_try_again(page: Page) -> None:
    with _held(page):
        _choose(page, "never.txt", b"x")
        page.get_by_role("button", name="Cancel: never.txt").click()
        expect(page.locator(".upload-item")).to_have_count(0)
    page.route("**/files?name=*", lambda route: route.abort())
    _choose(page, "again.txt", b"x")
    expect(page.get_by_role("alert")).to_contain_text("The connection broke off")
    page.unroute("**/files?name=*")
    page.get_by_role("button", name="Try again: again.txt").click()
    expect(page.locator(".upload-item")).to_have_count(0)


def _download(page: Page) -> None:
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download hero.png").click()
    assert downloading.value.suggested_filename == "hero.png"
    assert Path(downloading.value.path()).read_bytes() == PNG
    with page.expect_download() as downloading:
        _names(page).nth(1).click()
    assert downloading.value.suggested_filename == "موجز.txt"


def _remove_and_undo(page: Page, other: Page) -> None:
    page.get_by_role("button", name="Remove hero.png").click()
    expect(_names(other)).to_have_text(["again.txt", "موجز.txt"])
    page.get_by_role("button", name="Undo").first.click()
    expect(_names(other)).to_have_text(["again.txt", "موجز.txt", "hero.png"])


def _pause_and_undo(page: Page) -> None:
    page.reload()  # old messages are gone
    settled(page)
    page.get_by_role("button", name="Activate").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Activate")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
