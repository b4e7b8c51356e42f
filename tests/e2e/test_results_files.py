"""EXP-12: what the menu of a results page gives: CSV and PDF in the reader's language, frozen by the decision."""

import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from enterprise_app.core.pdf.text import DIRECTION
from tests.e2e.browser import settled, visitor
from tests.e2e.people import Workspace, fetch, new_workspace, sign_in
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
UNITS = {"control": (60, 12), "green": (60, 36)}
"""Of each variant: visitors, and how many of them order."""


def test_the_files_of_results(platform: Platform, browser: Browser):
    """Clicked in the menu, saved by the browser, read by libraries that know nothing of us."""
    space = new_workspace(platform, "Acme")
    experiment = _start(space)
    key = space.call("POST", "/api/v1/sources", {"name": "Site", "kind": "web"})["write_key"]
    _send(space, key, _seen() + _ordered(""))
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then=f"/experiments/{experiment}")
        _until_measured(page)
        name, told = _table(page)
        assert name == "button.csv"
        arms = {line["variant"]: line for line in told if line["section"] == "metric"}
        assert {v: (line["units"], float(line["value"])) for v, line in arms.items()} == {
            "control": ("60", 0.2), "green": ("60", 0.6),
        }  # fmt: skip
        name, text = _pages(page)
        assert name == "button.pdf"
        for said in ("Green checkout button", "Orders per visitor", "60%", "+200%", "Running"):
            assert said in text, text
        assert "Decided" not in text
        _decided(page, space, experiment, key)
        watch.assert_quiet()


def _decided(page: Page, space: Workspace, experiment: str, key: str) -> None:
    """Both files as they were at the decision; with the segments that were frozen then; in Arabic."""
    decision = {"outcome": "inconclusive", "note": "Too early."}
    space.call("POST", f"/api/v1/experiments/{experiment}/decision", decision)
    assert fetch(page, "PATCH", "/api/v1/account", {"locale": "ar"}) == 200
    page.reload()
    settled(page)
    _, before = _table(page)
    _send(space, key, _ordered("again"))
    time.sleep(2)
    _, after = _table(page)
    assert after == before
    facts = {line["name"]: line["text"] for line in after if line["section"] == "experiment"}
    assert (facts["frozen"], facts["decision"]) == ("true", "inconclusive")
    assert {line["dimension"] for line in after if line["section"] == "segment"} >= {"device", "browser", "channel"}
    summary = [line["text"] for line in after if line["section"] == "summary"]
    assert all(re.search("[\u0600-\u06ff]", text) for text in summary), summary
    _, text = _pages(page)
    assert "Too early." in text
    assert re.search("[\u0600-\u06ff\ufb50-\ufeff]", text), "its words are in the reader's language"


def _table(page: Page) -> tuple[str, list[dict[str, Any]]]:
    name, file = _downloaded(page, "CSV")
    return name, list(csv.DictReader(io.StringIO(file.read_bytes().decode(), newline="")))


def _pages(page: Page) -> tuple[str, str]:
    name, file = _downloaded(page, "PDF")
    text = " ".join(sheet.extract_text() for sheet in pypdf.PdfReader(file).pages)
    return name, " ".join(DIRECTION.sub("", text).split())


def _downloaded(page: Page, kind: str) -> tuple[str, Path]:
    """By the entry of the menu; the page stays where it is."""
    there = page.url
    page.locator(".card", has=page.locator(".advice")).locator("[aria-haspopup=menu]").click()
    with page.expect_download() as started:
        page.get_by_role("menuitem", name=re.compile(kind)).click()
    assert page.url == there
    assert started.value.failure() is None
    return started.value.suggested_filename, Path(started.value.path())


def _start(space: Workspace) -> str:
    metric = {"name": "Orders per visitor", "key": "orders",
              "definition": {"kind": "proportion", "event": {"name": "Order Completed"}}}  # fmt: skip
    orders = space.call("POST", "/api/v1/metrics", metric)["id"]
    variants = [{"key": "control", "name": "Blue", "weight": 0.5, "is_control": True},
                {"key": "green", "name": "Green", "weight": 0.5}]  # fmt: skip
    body = {
        "name": "Green checkout button", "key": "button", "hypothesis": "It is seen earlier.", "variants": variants,
        "metrics": [{"metric_id": orders, "role": "primary"}],
        "settings": {"min_units": 50, "monitoring": "fixed", "exposed_when_served": False, "auto_winner": False},
    }  # fmt: skip
    made = space.call("POST", "/api/v1/experiments", body)["id"]
    space.call("POST", f"/api/v1/experiments/{made}/start")
    return made


def _seen() -> list[dict[str, Any]]:
    return [
        _event(f"{variant}-{n}", "Experiment Viewed", {"experiment_id": "button", "variation_id": variant})
        for variant, (visitors, _) in UNITS.items()
        for n in range(visitors)
    ]


def _ordered(again: str) -> list[dict[str, Any]]:
    """So many order; `again`, and everybody orders."""
    return [
        _event(f"{variant}-{n}", "Order Completed", {"order_id": f"{variant}-{n}{again}"})
        for variant, (visitors, orders) in UNITS.items()
        for n in range(visitors if again else orders)
    ]


def _event(who: str, name: str, properties: dict[str, str]) -> dict[str, Any]:
    return {"type": "track", "anonymousId": who, "event": name, "properties": properties}


def _send(space: Workspace, key: str, events: list[dict[str, Any]]) -> None:
    """What was seen first, then what was ordered: at the same instant it would not count."""
    for name in ("Experiment Viewed", "Order Completed"):
        batch = [event for event in events if event["event"] == name]
        url = f"{space.platform.loopback()}/v1/batch"
        if batch:
            assert httpx.post(url, json={"batch": batch}, auth=(key, ""), timeout=30).is_success
        time.sleep(0.05)


def _until_measured(page: Page) -> None:
    """Exposures follow the events within a second or two, results are kept for half a minute."""
    row = page.get_by_role("row").filter(has_text="Green").filter(has_text="60%")
    for _ in range(60):
        if row.count():
            break
        page.wait_for_timeout(1_000)
        page.reload()
        settled(page)
    expect(row).to_contain_text("+200%")
