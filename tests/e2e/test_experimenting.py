"""EXP-01, 03, 06, 12: a test from the first exposure to the decision, as its owner lives it."""

import re
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import assert_accessible, settled, shoot, visitor
from tests.e2e.people import Workspace, fetch, new_workspace, sign_in, toast
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
UNITS = {"control": (300, 30), "green": (300, 75)}
"""Of each variant: visitors, and how many of them order."""
VIEWS = ("view=segments", "view=method", "tab=exposures", "tab=variants", "tab=history")
NAME = "Green checkout button"


def test_experimenting(platform: Platform, browser: Browser):
    """Made over the API, exposed by what the site tells, read and decided on the page, served by OFREP."""
    space = new_workspace(platform, "Acme")
    experiment = _start(space)
    key = space.call("POST", "/api/v1/sources", {"name": "Site", "kind": "web"})["write_key"]
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then=f"/experiments/{experiment}")
        expect(page.get_by_role("heading", name="No exposures yet")).to_be_visible()
        _expose(space, key)
        _wait_for_units(space, experiment)
        page.reload()
        settled(page)
        _read(page)
        _decide(page)
        _photograph(page, f"{space.url}/experiments/{experiment}")
        watch.assert_quiet()
    assert _served(space, key) == {"value": "green", "variant": "green"}


def _start(space: Workspace) -> str:
    event = {"name": "Order Completed"}
    metric = {"name": "Orders per visitor", "key": "orders", "definition": {"kind": "proportion", "event": event}}
    orders = space.call("POST", "/api/v1/metrics", metric)["id"]
    body = {
        "name": NAME, "key": "button", "hypothesis": "It is seen earlier.",
        "variants": [
            {"key": "control", "name": "Blue", "weight": 0.5, "is_control": True},
            {"key": "green", "name": "Green", "weight": 0.5},
        ],
        "metrics": [{"metric_id": orders, "role": "primary"}],
        "settings": {"min_units": 200, "monitoring": "fixed", "exposed_when_served": False},
    }  # fmt: skip
    made = space.call("POST", "/api/v1/experiments", body)["id"]
    space.call("POST", f"/api/v1/experiments/{made}/start")
    return made


def _expose(space: Workspace, key: str) -> None:
    """As a site with Segment's library tells it: everybody sees first, some order later."""
    seen, ordered = [], []
    for variant, (visitors, orders) in UNITS.items():
        told = {"experiment_id": "button", "variation_id": variant}
        who = [f"{variant}-{n}" for n in range(visitors)]
        seen += [_event(one, "Experiment Viewed", told) for one in who]
        ordered += [_event(one, "Order Completed", {"order_id": f"o-{one}"}) for one in who[:orders]]
    for events in (seen[:300], seen[300:], ordered):
        url = f"{space.platform.loopback()}/v1/batch"
        sent = httpx.post(url, json={"batch": events}, auth=(key, ""), timeout=30)
        assert sent.is_success, sent.text
        time.sleep(0.05)  # what counts happened after the first sight, not at the same instant


def _event(who: str, name: str, properties: dict[str, str]) -> dict[str, Any]:
    return {"type": "track", "anonymousId": who, "event": name, "properties": properties}


def _wait_for_units(space: Workspace, experiment: str) -> None:
    wanted, deadline = {variant: visitors for variant, (visitors, _) in UNITS.items()}, time.monotonic() + 90
    found: dict[str, int] = {}
    while found != wanted:
        assert time.monotonic() < deadline, f"exposed: {found}"
        time.sleep(1)
        exposures = space.call("GET", f"/api/v1/experiments/{experiment}/exposures")
        found = {one["variant"]: one["units"] for one in exposures["variants"]}


def _read(page: Page) -> None:
    """What was found, in numbers and words; the parts of it by their own addresses."""
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="Green").filter(has_text="25%")
    for _ in range(40):  # results are kept for half a minute; the page was open before there were any
        if row.count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
        settled(page)
    expect(row).to_contain_text("+150%")
    expect(row).to_contain_text("Significantly better")
    expect(page.get_by_text(re.compile("Orders per visitor is better with Green than with Blue"))).to_be_visible()
    assert_accessible(page, "results")
    page.get_by_role("link", name="Exposures").click()
    expect(page).to_have_url(re.compile("tab=exposures"))
    expect(page.get_by_role("row", name=re.compile("Green 300 300 50%"))).to_be_visible()
    expect(page.locator(".chart-canvas .main-svg").first).to_be_visible()
    assert_accessible(page, "exposures")
    page.go_back()
    page.get_by_role("button", name="Method and sources").click()
    expect(page).to_have_url(re.compile("view=method"))
    expect(page.get_by_text("Test at the planned sample")).to_be_visible()


def _decide(page: Page) -> None:
    """Ship it: said once, and the results stand as they were then."""
    page.get_by_role("button", name="Decide").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Ship a variant").click()
    expect(dialog.get_by_label("Ship a variant")).to_be_checked()
    dialog.get_by_label("Note").fill("Clear enough.")
    assert_accessible(page, "the decision")
    dialog.get_by_role("button", name="Record the decision").click()
    toast(page, re.compile(NAME))
    expect(page.get_by_text("Decided: Green is shipped to everybody")).to_be_visible()
    expect(page.get_by_text("Clear enough.")).to_be_visible()
    expect(page.get_by_role("button", name="Decide")).to_be_hidden()
    expect(page.get_by_role("row").filter(has_text="Significantly better")).to_have_count(1)


def _photograph(page: Page, url: str) -> None:
    """All that a decided experiment shows, in both directions, themes and all widths."""
    for locale in ("en", "ar"):
        assert fetch(page, "PATCH", "/api/v1/account", {"locale": locale}) == 200
        for view in VIEWS:
            page.goto(f"{url}?{view}")
            settled(page)
            shoot(page, f"results-{view.partition('=')[2]}", locale)


def _served(space: Workspace, key: str) -> dict[str, Any]:
    """What somebody new gets by OFREP."""
    url = f"{space.platform.loopback()}/ofrep/v1/evaluate/flags/button"
    body, headers = {"context": {"targetingKey": "somebody-new"}}, {"Authorization": f"Bearer {key}"}
    deadline = time.monotonic() + 10
    while True:
        answer = httpx.post(url, json=body, headers=headers, timeout=20).json()
        if answer.get("variant") == "green" or time.monotonic() > deadline:
            return {name: answer.get(name) for name in ("value", "variant")}
        time.sleep(0.5)
