"""People of the journeys: workspaces made over the API, and signing in as a person does."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from playwright.sync_api import Page, expect

from enterprise_app.web.pages.account.entry import EntryState
from enterprise_app.web.pages.mailbox.state import MailboxState
from tests.e2e.browser import settled
from tests.e2e.platform import Platform
from tests.web.socket import Tab

PASSWORD = "correct horse battery"


def unique(name: str) -> str:
    """A slug that no earlier run has taken."""
    return f"{name}-{secrets.token_hex(3)}"


@dataclass
class Workspace:
    """A tenant with its owner; `call` is the API as the owner."""

    platform: Platform
    name: str
    slug: str
    owner: str
    email: str
    token: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.platform.host(self.slug)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the owner; raises when it is refused."""
        host = f"{self.slug}.atrium.localhost:{self.platform.port}"
        headers = {"Authorization": f"Bearer {self.token}", "Host": host}
        answer = httpx.request(method, self.platform.loopback() + path, json=body, headers=headers, timeout=20)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def new_workspace(platform: Platform, name: str, owner: str = "Ada Lovelace") -> Workspace:
    """A tenant of its own, as a script would make it."""
    slug = unique(name.lower())
    space = Workspace(platform, name, slug, owner, f"{owner.split()[0].lower()}@{slug}.example")
    person = {"owner_name": owner, "email": space.email, "password": PASSWORD, "zone": "Europe/Berlin"}
    body = {"name": name, "slug": slug, **person}
    answer = httpx.post(f"{platform.loopback()}/api/v1/tenants/register", json=body, timeout=20)
    assert answer.status_code == 201, answer.text
    issued = httpx.post(
        f"{platform.loopback()}/api/v1/auth/token", json={"email": space.email, "password": PASSWORD}, timeout=20
    )
    space.token = issued.json()["access_token"]
    return space


def prove_email(platform: Platform, email: str) -> None:
    """Open the link of the letter that a sign-up sends, as the person would."""
    link, deadline = "", time.monotonic() + 120  # the first letter waits until the worker is up
    while not link:
        assert time.monotonic() < deadline, f"no letter for {email}"
        letters = _opened(platform, f"/mailbox?to={quote(email)}").value(MailboxState.get_full_name(), "letters") or []
        pieces = [piece["href"] for letter in letters for piece in letter["pieces"]]
        link = next((href for href in pieces if "/verify?token=" in href), "")
        time.sleep(0 if link else 0.5)
    done = _opened(platform, f"/verify?{urlsplit(link).query}")
    assert done.value(EntryState.get_full_name(), "sent") is True, done.seen[-1000:]


def _opened(platform: Platform, path: str) -> Tab:
    """A page of the platform's host, opened by a visitor."""
    name, token = "atrium.localhost", f"tab-{secrets.token_hex(6)}"
    tab = Tab(platform.port, host=name, cookie=f"atrium_visitor={secrets.token_hex(20)}", token=token, path=path)
    seen = 0
    while len(tab.seen) > seen:  # the browser is told to call the page's own handlers
        seen = len(tab.seen)
        for event in tab.events[:]:
            tab.events.remove(event)
            tab.call(event["name"], **event["payload"])
    tab.close()
    return tab


def sign_in(page: Page, base: str, email: str, *, then: str = "/") -> None:
    """Through the sign-in page of a host, on to a page."""
    page.goto(f"{base}/sign-in?next={then}")
    settled(page)
    page.locator('[name="email"]').fill(email)
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator('button[type="submit"]').click()
    page.wait_for_url(re.compile(rf"{re.escape(base)}(?!/sign-in)"))
    settled(page)


def become_operator(page: Page, platform: Platform) -> None:
    """By the one-time link of the installation: the set-up page makes the account and leads on."""
    with platform.turn():
        page.goto(platform.operator_link())
        settled(page)
        page.get_by_label("Your name").fill("Olga Operator")
        page.get_by_label("E-mail").fill(f"{unique('olga')}@example.com")
        page.locator('[name="password"]').fill(PASSWORD)
        page.get_by_role("button", name="Create the operator").click()
        page.wait_for_url(f"{platform.host()}/operator")
    settled(page)


def toast(page: Page, text: str | re.Pattern[str]) -> None:
    """The message stands on the screen."""
    expect(page.locator(".toast-text").filter(has_text=text).first).to_be_visible()


def fetch(page: Page, method: str, path: str, body: Any = None) -> int:
    """The status of a request that the open page makes to its own host, with its cookie.

    A PATCH reads first, as every change must name the version it was made from.
    """
    call = """async ([method, path, body]) => {
        const headers = { "content-type": "application/json" };
        if (method === "PATCH") headers["if-match"] = (await fetch(path)).headers.get("etag");
        return (await fetch(path, { method, headers, body: body && JSON.stringify(body) })).status;
    }"""
    return page.evaluate(call, [method, path, body])


def session_of(page: Page, url: str) -> str:
    """The secret of the session cookie that the browser holds for a host."""
    cookies = {cookie.get("name"): cookie.get("value", "") for cookie in page.context.cookies(url)}
    return cookies["atrium_session"]
