"""EXP-01, 03, 05: metric, flag and experiment typed into their editors, mended where they are refused, and started."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browser import assert_accessible, settled, visitor
from tests.e2e.people import Workspace, new_workspace, sign_in, toast
from tests.e2e.platform import Platform

pytestmark = pytest.mark.e2e
METRIC, NAME = "Orders per visitor", "Shorter checkout form"


def test_editing(platform: Platform, browser: Browser):
    """What a product team types on its first day."""
    space = new_workspace(platform, "Acme")
    with visitor(browser) as (page, watch):
        sign_in(page, space.url, space.email, then="/experiments")
        expect(page.get_by_role("heading", name="No experiments yet")).to_be_visible()
        page.get_by_role("link", name="Define a metric").click()
        _make_metric(page)
        _make_flag(page, space)
        _make_experiment(page, space)
        watch.assert_quiet()


def test_two_editors_of_one_draft(platform: Platform, browser: Browser):
    """Who saves second is told, and nothing of the first is overwritten."""
    space = new_workspace(platform, "Acme")
    made = space.call("POST", "/api/v1/experiments", {"name": NAME})["id"]
    with visitor(browser) as (one, first), visitor(browser) as (other, second):
        for page in (one, other):
            sign_in(page, space.url, space.email, then=f"/experiments/{made}/edit")
            expect(_field(page, "name")).to_have_value(NAME)
        _field(one, "name").fill("Of the first")
        one.get_by_role("button", name="Save draft").click()
        toast(one, "Of the first is saved as a draft")
        _field(other, "name").fill("Of the second")
        other.get_by_role("button", name="Save draft").click()
        toast(other, "Someone else saved first")
        expect(_field(other, "name")).to_have_value("Of the second")
        assert space.call("GET", f"/api/v1/experiments/{made}")["name"] == "Of the first"
        other.reload()
        settled(other)
        expect(_field(other, "name")).to_have_value("Of the first")
        _field(other, "name").fill("Of the second")
        other.get_by_role("button", name="Save draft").click()
        toast(other, "Of the second is saved as a draft")
        first.assert_quiet()
        second.assert_quiet()


def _field(page: Page, name: str) -> Locator:
    return page.locator(f'[name="{name}"]')


def _step(page: Page, name: str) -> None:
    """The step is open: its address, its title with the focus, and where one stands."""
    expect(page).to_have_url(re.compile(rf"step={name.lower()}"))
    expect(page.locator(".step-head").get_by_role("heading", name=name, exact=True)).to_be_focused()
    here = page.get_by_role("navigation", name="Steps").locator('[aria-current="step"]')
    expect(here).to_contain_text(name)


def _next(page: Page, name: str) -> None:
    page.get_by_role("button", name="Next").click()
    _step(page, name)


def _make_metric(page: Page) -> None:
    """Read out while it is typed; refused once, and mended at the field."""
    _field(page, "name").fill(METRIC)
    _field(page, "key").fill("orders per visitor")
    _field(page, "event_name").fill("Order Completed")
    _field(page, "window").fill("7")
    expect(page.get_by_text(re.compile("The share of visitors with at least one"))).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(_field(page, "key")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-key-error")).to_be_visible()
    expect(_field(page, "event_name")).to_have_value("Order Completed")
    assert_accessible(page, "a refused metric")
    _field(page, "key").fill("orders")
    page.get_by_role("button", name="Save").click()
    toast(page, f"{METRIC} is saved")
    expect(page.get_by_role("row").filter(has_text=METRIC)).to_be_visible()


def _make_flag(page: Page, space: Workspace) -> None:
    """With a rule: who is meant, and what they get."""
    page.goto(f"{space.url}/flags/new")
    settled(page)
    _field(page, "name").fill("New checkout")
    _field(page, "key").fill("new-checkout")
    page.get_by_role("button", name="Add rule").click()
    rule = page.get_by_role("group", name="Rule")
    rule.get_by_label("Name of the rule").fill("German speakers")
    _condition(rule, "country", "DE", "AT")
    page.get_by_role("button", name="Save").click()
    toast(page, "New checkout is saved")
    made = space.call("GET", "/api/v1/flags?filter=key:eq:new-checkout")["items"][0]["rules"][0]
    assert (made["name"], made["conditions"][0]["attribute"]) == ("German speakers", "country")
    assert made["conditions"][0]["values"] == ["DE", "AT"]


def _condition(place: Locator | Page, attribute: str, *values: str) -> None:
    place.get_by_role("button", name="Add condition").click()
    line = place.get_by_role("group", name="Condition")
    line.get_by_label("Attribute").fill(attribute)
    for value in values:
        line.get_by_label("Values").fill(value)
        line.get_by_label("Values").press("Enter")
        expect(line.get_by_text(value, exact=True)).to_be_visible()


def _make_experiment(page: Page, space: Workspace) -> None:
    """Through all steps, back and forth, with what is refused on the way."""
    page.goto(f"{space.url}/experiments")
    settled(page)
    page.get_by_role("link", name="New experiment").first.click()
    _idea(page)
    _variants(page)
    _audience(page)
    _field(page, "primary").select_option(label=METRIC)
    _next(page, "Plan")
    _plan(page)
    _back_and_forth(page)
    _review(page, space)


def _idea(page: Page) -> None:
    page.get_by_role("button", name="Next").click()
    expect(_field(page, "name")).to_have_attribute("aria-invalid", "true")
    _field(page, "name").fill(NAME)
    _field(page, "hypothesis").fill("Typing is a burden on phones.")
    _next(page, "Variants")


def _variants(page: Page) -> None:
    weights = page.get_by_label("Weight, %")
    expect(weights).to_have_count(2)
    weights.first.fill("20")
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".card-foot .field-error")).to_be_visible()
    assert_accessible(page, "refused variants")
    page.get_by_role("button", name="Share evenly").click()
    expect(weights.first).to_have_value("50")
    page.get_by_label("Name").nth(1).fill("Short form")
    _next(page, "Audience")


def _audience(page: Page) -> None:
    _condition(page, "device", "mobile")
    _field(page, "coverage").fill("50")
    _next(page, "Metrics")


def _plan(page: Page) -> None:
    """The plan follows each field that is left."""
    for name, value in (("plan_base", "10"), ("plan_effect", "20"), ("plan_daily", "1000")):
        _field(page, name).fill(value)
    _field(page, "plan_daily").press("Tab")
    _field(page, "monitoring").select_option("fixed")
    plan = page.locator(".split-aside")
    expect(plan).to_contain_text("16 days")
    expect(plan).to_contain_text("3,841")
    page.get_by_role("button", name="Take 3,841 of the plan").click()
    expect(_field(page, "min_units")).to_have_value("3,841")


def _back_and_forth(page: Page) -> None:
    """By the button, the browser and the list of steps: what was typed is there."""
    page.get_by_role("link", name="Back").click()
    _step(page, "Metrics")
    expect(_field(page, "primary").locator("option:checked")).to_have_text(METRIC)
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Audience").click()
    _step(page, "Audience")
    expect(_field(page, "coverage")).to_have_value("50")
    _field(page, "coverage").fill("100")
    page.go_back()
    _step(page, "Metrics")
    page.go_forward()
    _step(page, "Audience")
    expect(_field(page, "coverage")).to_have_value("100")
    page.get_by_role("navigation", name="Steps").get_by_role("link", name="Plan").click()
    _step(page, "Plan")
    expect(_field(page, "plan_base")).to_have_value("10")
    expect(page.locator(".split-aside")).to_contain_text("8 days")
    _next(page, "Review")


def _review(page: Page, space: Workspace) -> None:
    """Everything at a glance; kept as a draft, then started."""
    expect(page.get_by_text("Ready to start")).to_be_visible()
    for text in (NAME, "Short form", "mobile", METRIC, "3,841", "8 days"):
        expect(page.locator(".split-main").get_by_text(re.compile(re.escape(text))).first).to_be_visible()
    assert_accessible(page, "the review")
    page.get_by_role("button", name="Save draft").click()
    toast(page, f"{NAME} is saved as a draft")
    expect(page).to_have_url(re.compile(r"/experiments/[0-9a-f-]{36}/edit\?step=review"))
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page).to_have_url(re.compile(r"/experiments/[0-9a-f-]{36}$"))
    expect(page.get_by_text("Running").first).to_be_visible()
    made = space.call("GET", "/api/v1/experiments")["items"]
    assert [(one["name"], one["state"], one["settings"]["min_units"]) for one in made] == [(NAME, "running", 3841)]
