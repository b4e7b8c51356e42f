"""Every page of the product, in English and Arabic: seen, photographed, accessible, quiet, and usable by keyboard."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from enterprise_app.core.texts import LOCALES
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.routes import list_pages
from enterprise_app.web.shell.page import Page
from tests.e2e.browser import Watch, settled, shoot, visitor
from tests.e2e.experiments import NAMES, fill_experiments
from tests.e2e.leftovers import find_english
from tests.e2e.people import Workspace, become_operator, fetch, new_workspace, prove_email, sign_in
from tests.e2e.platform import Platform

LOG = Path(__file__).parent / "data" / "small_access.log"
LANGUAGES = LOCALES if os.environ.get("TEST_FULL") == "1" else ("en", "ar")
"""All of them with `./atrium test --full`; else one of each direction."""
PAGES = {page.route: page for page in list_pages(dev=True)}
CAMPAIGNS = (
    ("Spring launch", "sales", 0, 20, "activate", 250_000),
    ("Newsletter in May", "retention", 4, 4, None, None),
    ("حملة الصيف", "awareness", -10, 12, "pause", 90_000),
    ("Brand search", "traffic", -40, -5, "complete", 1_200_050),
)
ABOUT = "What we say, where, and to whom."
NEIGHBOURS = ("Acme", "Globex", "Polyglot")
"""Tenants of other journeys, whom the operator sees."""
PEOPLE = (
    ("Lise Meitner", "lise@nordlicht.example", "user-42"),
    ("Lise M.", "l.meitner@nordlicht.example", "crm-7"),
    ("Dr. Meitner", "lise@nordlicht.example", "user-43"),
)
VIEWS = {
    "/campaigns": ("?view=board", "?view=calendar"),
    "/experiments/[id]/edit": ("?step=variants", "?step=audience", "?step=plan", "?step=review"),
}
"""More that a page can show, by its URL."""


@dataclass
class Readers:
    """The people who look: an owner with data, the operator, somebody without an account."""

    space: Workspace
    paths: dict[str, str]
    owner: Tab
    operator: Tab
    nobody: Tab
    watches: list[Watch] = field(default_factory=list)

    def reader_of(self, page: Page) -> tuple[Tab, str]:
        """Who looks at a page, and on which host."""
        platform = self.space.platform.host()
        if page.is_public:
            return self.nobody, self.space.url if page.route == "/invitation" else platform
        if isinstance(page.need, Permission) and page.need.value.startswith("operator"):
            return self.operator, platform
        return self.owner, self.space.url


@pytest.fixture(scope="module")
def readers(platform: Platform, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    """A workspace with campaigns, a source, traffic and an invitation, and three browsers."""
    space = new_workspace(platform, "Nordlicht", "Ida Winter")
    prove_email(platform, space.email)
    paths = _fill(space, tmp_path_factory.mktemp("log"))
    with visitor(browser) as (owner, one), visitor(browser) as (operator, two), visitor(browser) as (nobody, three):
        sign_in(owner, space.url, space.email)
        become_operator(operator, platform)
        yield Readers(space, paths, owner, operator, nobody, [one, two, three])


def _fill(space: Workspace, folder: Path) -> dict[str, str]:
    """Data as a real workspace has it; the concrete paths of routes with parameters."""
    today, key = date.today(), ""
    for name, objective, first, last, act, budget in CAMPAIGNS:
        body = {
            "name": name, "objective": objective, "channels": ["email", "search"], "tags": ["q2"],
            "description": ABOUT,
            "starts_on": str(today + timedelta(days=first)), "ends_on": str(today + timedelta(days=last)),
            "budget": {"amount_minor": budget, "currency": "EUR"} if budget else None,
        }  # fmt: skip
        key = space.call("POST", "/api/v1/campaigns", body)["id"]
        for step in ["activate", act] if act in ("pause", "complete") else [act] if act else []:
            space.call("POST", f"/api/v1/campaigns/{key}/{step}")
    person = _fill_people(space)
    space.call("POST", "/api/v1/sources", {"name": "Website", "kind": "web"})
    link = space.call("POST", "/api/v1/invitations", {"email": "grace@nordlicht.example", "role": "manager"})["link"]
    where = ("--format", "access-log", "--tenant", space.slug, "--rejects", str(folder / "rejected.jsonl"))
    done = space.platform.run("import", str(LOG), *where)
    assert done.returncode == 0, done.stderr
    return {"/campaigns/[id]": f"/campaigns/{key}", "/campaigns/[id]/edit": f"/campaigns/{key}/edit",
            "/invitation": f"/invitation?{urlsplit(link).query}", "/people/[id]": f"/people/{person}",
            **fill_experiments(space)}  # fmt: skip


def _fill_people(space: Workspace) -> str:
    """Three people, two of them merged and one maybe the same; the id of the one with most to show."""
    made = [
        space.call("POST", "/api/v1/profiles", {"traits": {"name": name, "email": email}, "user_id": user})["id"]
        for name, email, user in PEOPLE
    ]
    space.call("POST", f"/api/v1/profiles/{made[0]}/merge/{made[1]}")
    space.call("POST", f"/api/v1/profiles/{made[0]}/stage", {"stage": "customer"})
    return made[0]


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("route", PAGES)
def test_page(readers: Readers, route: str, locale: str):
    """One page in one language."""
    page = PAGES[route]
    tab, base = readers.reader_of(page)
    if not page.is_public:
        _speak(tab, locale)
    path = readers.paths.get(route, route)
    for view in ("", *VIEWS.get(route, ())):
        tab.goto(base + path + view)
        settled(tab, skeletons=route != "/design")
        if page.is_public:
            _choose(tab, locale)
            settled(tab, skeletons=route != "/design")
        _is_itself(tab, locale, examples=route == "/design")
        shoot(tab, _name(route, view), locale)
        if locale == "ar" and not page.dev_only:
            assert not (left := find_english(tab, _known(readers))), f"English on the Arabic page: {left}"
    if locale == "en":
        _reach_by_keyboard(tab)
    for watch in readers.watches:
        watch.assert_quiet()


def _speak(tab: Tab, locale: str) -> None:
    """The language of the account, as another device would change it."""
    assert fetch(tab, "PATCH", "/api/v1/account", {"locale": locale}) == 200


def _choose(tab: Tab, locale: str) -> None:
    """A visitor chooses on the page, and it stays."""
    if tab.evaluate("document.documentElement.lang") != locale:
        tab.locator(f'button:has([lang="{locale}"])').first.dispatch_event("click")  # it may be inside a closed menu
        tab.wait_for_function("locale => document.documentElement.lang === locale", arg=locale)


def _is_itself(tab: Tab, locale: str, *, examples: bool) -> None:
    """The page, in the language; not the news that it is not there. Examples of page headers bring titles of theirs."""
    assert tab.evaluate("document.documentElement.lang") == locale
    assert tab.evaluate("document.documentElement.dir") == ("rtl" if locale == "ar" else "ltr")
    assert tab.locator("h1").count() == 1 or examples, tab.locator("h1").all_inner_texts()
    assert tab.locator(".status-title").count() == 0, tab.locator(".status-title").inner_text()


def _known(readers: Readers) -> list[str]:
    """What is data, not text."""
    space, names = readers.space, [name for name, *_ in CAMPAIGNS]
    people = [space.name, space.slug, space.owner, "Olga Operator", *NEIGHBOURS]
    persons = [word for person in PEOPLE for word in person]
    return [*people, *persons, *NAMES, "name", "email", "time", "Website", LOG.name, "Import", ABOUT, *names]


def _name(route: str, view: str) -> str:
    name = route.strip("/").replace("/", "-").replace("[", "").replace("]", "") or "home"
    return name + view.replace("?view=", "-").replace("?step=", "-")


def _reach_by_keyboard(tab: Tab) -> None:
    """Tab arrives at the page's main action, and the focus is seen on its way there."""
    tab.locator("body").press("Tab")
    goal = "main .button-primary, main [type=submit], main a, main button"
    for _ in range(120):
        state = tab.evaluate(
            """(goal) => {
                const at = document.activeElement;
                // A control of several parts, such as an amount with its currency, shows it around all of them.
                const parts = [at, at.parentElement, at.parentElement?.parentElement].filter(Boolean);
                const ring = (part) => getComputedStyle(part).outlineStyle !== "none";
                const seen = parts.some(ring) || at.matches("main, body");
                const first = document.querySelector("main .button-primary") || document.querySelector(goal);
                return { seen, there: !first || at === first, name: at.outerHTML.slice(0, 120) };
            }""",
            goal,
        )
        assert state["seen"], f"the focus is not to be seen on {state['name']}"
        if state["there"]:
            return
        tab.keyboard.press("Tab")
    raise AssertionError("Tab does not reach the main action")
