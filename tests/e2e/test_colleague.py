"""A colleague joins with fewer rights and loses them; a second tenant beside it sees none of it."""

import re
import time

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from enterprise_app.web.pages.admin.inviting import InvitingState
from enterprise_app.web.pages.admin.members import MembersState
from enterprise_app.web.pages.campaigns.state import CampaignsState
from enterprise_app.web.shell.toasts import ToastState
from tests.e2e.browser import settled, visitor
from tests.e2e.people import PASSWORD, Workspace, fetch, new_workspace, prove_email, session_of, sign_in, toast
from tests.e2e.platform import Platform
from tests.web.socket import Tab

GRACE = "Grace Hopper"


def test_colleague(platform: Platform, browser: Browser):
    """Invited, joined, refused what a member may not - on the page, over HTTP and over the socket - and suspended."""
    space = new_workspace(platform, "Acme")
    campaign = space.call("POST", "/api/v1/campaigns", {"name": "Secret launch"})["id"]
    email = f"grace@{space.slug}.example"
    prove_email(platform, space.email)
    with visitor(browser) as (owner, one), visitor(browser) as (grace, two):
        sign_in(owner, space.url, space.email, then="/members")
        _invite(owner, email)
        _join(grace, platform, space, email)
        expect(owner.get_by_role("row").filter(has_text=GRACE)).to_contain_text("Member")  # without a reload
        one.assert_quiet()
        two.assert_quiet()
        _see_what_a_member_may(grace, space)
        with two.refusals():
            _be_refused_over_http(grace, campaign)
            _be_refused_over_the_socket(grace, space, campaign)
            _lose_the_rights(owner, grace)
        one.assert_quiet()


def _invite(owner: Page, email: str) -> None:
    owner.get_by_role("button", name="Invite").click()
    dialog = owner.get_by_role("dialog")
    dialog.get_by_label("E-mail").fill("no address")
    dialog.get_by_role("button", name="Send invitation").click()
    expect(dialog.locator(".field-error")).to_be_visible()
    expect(dialog.get_by_label("E-mail")).to_have_value("no address")
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_role("button", name="Send invitation").click()
    expect(dialog).to_contain_text(f"on its way to {email}")
    dialog.get_by_role("button", name="Done").click()
    expect(owner.get_by_role("row").filter(has_text=email)).to_contain_text("Waiting")


def _join(grace: Page, platform: Platform, space: Workspace, email: str) -> None:
    """By the link of the mail, which a worker delivers."""
    letter = grace.locator(".card").filter(has_text=email)
    deadline = time.monotonic() + 30
    grace.goto(f"{platform.host()}/mailbox?to={email}")
    settled(grace)
    while not letter.count() and time.monotonic() < deadline:
        grace.wait_for_timeout(500)
        grace.reload()
        settled(grace)
    letter.get_by_role("link").first.click()
    grace.wait_for_url("**/invitation?**")
    settled(grace)
    expect(grace.get_by_role("heading", level=1)).to_have_text("Join Acme")
    grace.get_by_label("Your name").fill(GRACE)
    grace.locator('[name="password"]').fill(PASSWORD)
    grace.get_by_role("button", name="Join").click()
    grace.wait_for_url(f"{space.url}/")
    settled(grace)


def _see_what_a_member_may(grace: Page, space: Workspace) -> None:
    links = grace.locator(".sidebar .nav-link .nav-text")
    expect(links.filter(has_text="Campaigns")).to_be_visible()
    for hidden in ("Audit", "API keys", "Settings"):
        expect(links.filter(has_text=hidden)).to_have_count(0)
    grace.goto(f"{space.url}/audit")
    settled(grace)
    expect(grace.get_by_role("heading", level=1)).to_have_text("You don’t have access to this page")
    grace.goto(f"{space.url}/members")
    settled(grace)
    expect(grace.get_by_role("row").filter(has_text=GRACE)).to_be_visible()
    expect(grace.get_by_role("button", name="Invite")).to_have_count(0)


def _be_refused_over_http(grace: Page, campaign: str) -> None:
    assert fetch(grace, "GET", "/api/v1/campaigns") == 200
    assert fetch(grace, "GET", "/api/v1/audit-logs") == 403
    assert fetch(grace, "POST", "/api/v1/invitations", {"email": "eve@example.com", "role": "owner"}) == 403
    assert fetch(grace, "POST", f"/api/v1/campaigns/{campaign}/archive") == 403


def _be_refused_over_the_socket(grace: Page, space: Workspace, campaign: str) -> None:
    """The handlers behind the hidden buttons, called by a browser that doesn't care for buttons."""
    host = f"{space.slug}.atrium.localhost"
    cookie = f"atrium_session={session_of(grace, space.url)}"
    members = Tab(space.platform.port, host=host, cookie=cookie, path="/members", token="first")
    rows = members.value(MembersState.get_full_name(), "rows")
    me = next(row for row in rows if row["name"] == GRACE)
    members.call(f"{MembersState.get_full_name()}.change_role", key=me["id"], role="owner")
    members.call(f"{InvitingState.get_full_name()}.invite", form={"email": "eve@example.com", "role": "owner"})
    assert _refusals(members) == 2
    members.close()
    list_tab = Tab(space.platform.port, host=host, cookie=cookie, path="/campaigns", token="second")
    list_tab.call(f"{CampaignsState.get_full_name()}.act", key=campaign, name="archive")
    assert _refusals(list_tab) == 1
    list_tab.close()
    assert space.call("GET", f"/api/v1/campaigns/{campaign}")["status"] == "draft"
    assert {row["role"] for row in space.call("GET", "/api/v1/members")["items"]} == {"owner", "member"}
    offers = space.call("GET", "/api/v1/invitations")["items"]
    assert not [offer for offer in offers if offer["status"] == "pending"]


def _refusals(tab: Tab) -> int:
    """How many messages on the tab's screen say that this is not allowed."""
    toasts = tab.value(ToastState.get_full_name(), "items") or []
    return sum(toast["text"].startswith("You may not do this") for toast in toasts)


def _lose_the_rights(owner: Page, grace: Page) -> None:
    """Suspended: the page that stands open can do nothing any more within five seconds."""
    grace.locator(".sidebar").get_by_role("link", name="Campaigns").click()
    expect(grace.get_by_role("row").filter(has_text="Secret launch")).to_be_visible()
    owner.get_by_role("button", name=f"Actions for {GRACE}").click()
    owner.get_by_role("menuitem", name="Suspend").click()
    owner.get_by_role("alertdialog").get_by_role("button", name="Suspend").click()
    toast(owner, f"{GRACE} is suspended")
    suspended = time.monotonic()
    while "/sign-in" not in grace.url:
        assert time.monotonic() - suspended < 5, "the open page still works"
        grace.get_by_role("button", name=re.compile("Board|List")).first.dispatch_event("click")
        grace.wait_for_timeout(250)
    settled(grace)
    assert fetch(grace, "GET", "/api/v1/campaigns") in (401, 403)


@pytest.fixture
def tenants(platform: Platform) -> tuple[Workspace, Workspace]:
    """Two tenants with other people."""
    return new_workspace(platform, "Acme"), new_workspace(platform, "Globex", "Hank Scorpio")


def test_two_tenants(tenants: tuple[Workspace, Workspace], platform: Platform, browser: Browser):
    """Side by side: what changes in one appears on its open page at once, and nowhere in the other."""
    acme, globex = tenants
    with visitor(browser) as (ada, one), visitor(browser) as (hank, two):
        sign_in(ada, acme.url, acme.email, then="/campaigns")
        sign_in(hank, globex.url, globex.email, then="/campaigns")
        campaign = acme.call("POST", "/api/v1/campaigns", {"name": "Only for Acme"})["id"]
        expect(ada.get_by_role("row").filter(has_text="Only for Acme")).to_be_visible()
        own = globex.call("POST", "/api/v1/campaigns", {"name": "Only for Globex"})["id"]
        expect(hank.get_by_role("row").filter(has_text="Only for Globex")).to_be_visible()
        for page, foreign in ((hank, "Only for Acme"), (ada, "Only for Globex")):
            expect(page.get_by_text(foreign)).to_have_count(0)
        one.assert_quiet()
        two.assert_quiet()
        with two.refusals():
            assert fetch(hank, "GET", f"/api/v1/campaigns/{campaign}") == 404
            assert fetch(hank, "GET", f"/api/v1/campaigns/{own}") == 200
        _carry_the_cookie_over(ada, acme, globex)


def _carry_the_cookie_over(ada: Page, acme: Workspace, globex: Workspace) -> None:
    """The cookie of one host opens nothing on the other, and neither does naming another tenant."""
    session = session_of(ada, acme.url)
    port = globex.platform.port
    for slug, extra, status in (
        (acme.slug, {}, {200}), (globex.slug, {}, {401}), (acme.slug, {"X-Tenant-ID": globex.slug}, {400, 403}),
    ):  # fmt: skip
        headers = {"Host": f"{slug}.atrium.localhost:{port}", "Cookie": f"atrium_session={session}", **extra}
        answer = httpx.get(f"{globex.platform.loopback()}/api/v1/campaigns", headers=headers)
        assert answer.status_code in status, f"{slug} {extra}: {answer.status_code} {answer.text}"
        assert "Only for Globex" not in answer.text
    ada.context.add_cookies([{"name": "atrium_session", "value": session, "url": globex.url}])
    ada.goto(f"{globex.url}/campaigns")
    ada.wait_for_url(f"{globex.url}/sign-in**")
