"""Every list page: what the URL says is shown, what is pressed goes into the URL, and hostile arguments go nowhere."""

import importlib
import pkgutil
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import reflex as rx
import sqlalchemy as sa
from reflex.istate.data import ReflexURL, URLData
from reflex_base.registry import RegistrationContext

import enterprise_app.web
from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.paging import ListField, Listing, Page
from enterprise_app.core.texts import has_text
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.analytics.service import EVENT_LIST
from enterprise_app.web.pages.analytics.events import WORDS
from enterprise_app.web.shell.action import DECLARED
from enterprise_app.web.shell.lists import Choice, Day, ListState, Words, _readable, counted, listed, showing

HANDLERS = ("leave", "search", "pick", "drop", "show_all", "sort_by", "resize", "next_page", "previous_page")
LISTING = Listing(
    fields={
        "created_at": ListField(sa.column("created_at"), date, sortable=True),
        "name": ListField(sa.column("name"), sortable=True),
        "stage": ListField(sa.column("stage")),
    },
    key=sa.column("id"),
    searchable=True,
)
READER = Context(UUID(int=1), Actor(ActorKind.MEMBER, UUID(int=2), "Ada"), frozenset(), locale="de", zone="Asia/Tokyo")
FILTERS = (
    Choice("stage", ("lead", "client")),
    Words("who", "name"),
    Day("start", "created_at"),
    Day("end", "created_at", last=True),
)
Base = listed(Permission.CAMPAIGNS_READ, *FILTERS)


class ExampleListState(Base, rx.State):  # pyright: ignore[reportGeneralTypeIssues, reportUntypedBaseClass]
    """A list page of nothing."""

    rows: list[str] = []


def _at(query: str, state: Any = None) -> Any:
    """The state on the page with this query."""
    state = state or ExampleListState(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    state.rx_router_url = URLData.from_url(ReflexURL(f"http://acme.test/people{query}"))
    return state


async def _press(state: Any, name: str, *arguments: Any) -> Any:
    """Run a handler without its guard: what it answers is the address it goes to."""
    return await _unguarded(name)(state, *arguments)


def _unguarded(name: str) -> Any:
    return ExampleListState.event_handlers[name].fn.__wrapped__


def _address(event: Any) -> str:
    return next(str(value._var_value) for name, value in event.args if str(name) == "path")


def test_the_url_is_what_is_shown():
    state = _at("?q=ann&sort=-name&limit=25&stage=lead&who=Bo&filter=name:ne:X&filter=stage:in:lead,client")
    query = state._query(READER, LISTING)
    assert (query.q, query.limit, query.sort[0].field, query.sort[0].descending) == ("ann", 25, "name", True)
    assert [(f.field, f.operator, f.value) for f in query.filters] == [
        ("stage", "eq", "lead"),
        ("name", "contains", "Bo"),
        ("name", "ne", "X"),
        ("stage", "in", ["lead", "client"]),
    ]
    assert [one.text for one in state.conditions] == [f"name ≠ {_apart('X')}", f"stage ∈ {_apart('lead,client')}"]
    assert state.narrowed
    assert state.active == 2


def _apart(value: str) -> str:
    """A value that keeps its direction to itself."""
    return f"\u2068{value}\u2069"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("utm_source:eq:news:x", f"UTM-Quelle = {_apart('news:x')}"),
        ("device:ne:mobile", f"Gerät ≠ {_apart('Mobil')}"),
        ("device:ne:toaster", f"Gerät ≠ {_apart('toaster')}"),
        ("is_bot:eq:true", f"Zugriffe = {_apart('Nur Bots')}"),
        ("properties.plan:contains:Pro", f"plan ≈ {_apart('Pro')}"),
        ("salary:gt:1", f"salary > {_apart('1')}"),
        ("nonsense", f"nonsense  {_apart('')}"),
    ],
)
def test_conditions_are_told_in_the_readers_words(condition: str, told: str):
    assert _readable(condition, "de", WORDS) == told


def test_every_field_of_an_event_has_a_name():
    fields = EVENT_LIST.fields
    assert set(fields) - set(WORDS) == set()
    assert [key for key in WORDS.values() if not key.endswith(".") and not has_text(key)] == []


def test_a_bare_url_shows_all_in_the_lists_own_order():
    state = _at("")
    query = state._query(READER, LISTING)
    assert (query.limit, query.filters, query.q, state.sort) == (50, (), "", "-created_at")
    assert not state.narrowed


def test_what_no_page_of_ours_wrote_into_the_url_is_left_out_or_refused():
    state = _at("?stage=robber&limit=1000000&start=tomorrow&who=" + "x" * 500)
    query = state._query(READER, LISTING)
    assert (query.limit, [(f.field, f.value) for f in query.filters]) == (50, [("name", "x" * 100)])
    for bad in ("?filter=salary:gt:1", "?sort=salary", "?cursor=abc"):
        with pytest.raises(Invalid):
            _at(bad)._query(READER, LISTING)


def test_an_address_that_no_list_can_follow_is_not_our_failure():
    state = _at("?sort=salary")
    with pytest.raises(Invalid), showing(state):
        state._query(READER, LISTING)
    assert (state.loading, state.failed, state.misread) == (False, True, True)
    with pytest.raises(OSError), showing(state):
        raise OSError("no database")
    assert (state.failed, state.misread) == (True, False)
    with showing(state):
        pass
    assert not state.failed


def test_days_are_the_readers():
    state = _at("?start=2026-03-01&end=2026-03-02")
    state._read("name", "en")
    assert state._filters(READER) == ["created_at:gte:2026-02-28T15:00:00Z", "created_at:lt:2026-03-02T15:00:00Z"]


async def test_each_control_changes_its_word_and_starts_from_the_first_page():
    state = _at("?q=ann&cursor=c3&filter=name:ne:X&filter=name:ne:Y")
    state._read("name", "en")
    kept = "q=ann&filter=name%3Ane%3AX&filter=name%3Ane%3AY"
    assert _address(await _press(state, "pick", "stage", "lead")) == f"/people?{kept}&stage=lead"
    assert _address(await _press(state, "sort_by", "-name")) == f"/people?{kept}&sort=-name"
    assert _address(await _press(state, "resize", "100")) == f"/people?{kept}&limit=100"
    assert _address(await _press(state, "resize", "50")) == f"/people?{kept}"
    assert _address(await _press(state, "drop", "name:ne:X")) == "/people?q=ann&filter=name%3Ane%3AY"
    assert _address(await _press(state, "search", "")) == "/people?filter=name%3Ane%3AX&filter=name%3Ane%3AY"
    assert _address(await _press(state, "show_all")) == "/people"
    assert await _press(state, "search", "ann") is None
    assert await _press(state, "pick", "salary", "1") is None
    assert await _press(state, "pick", "stage", "") is None


async def test_previous_is_the_page_before_even_after_the_browsers_own_back():
    state = _at("")
    for here, following in (("", "c1"), ("c1", "c2"), ("c2", "c3")):
        _at(f"?cursor={here}" if here else "", state)
        state._turned(Page([], following))
        assert _address(await _press(state, "next_page")) == f"/people?cursor={following}"
        _at(f"?cursor={following}", state)
        assert await _press(state, "next_page") is None, "pressed twice before the page is here"
    _at("?cursor=c2", state)  # the browser's back, from c3
    assert _address(await _press(state, "previous_page")) == "/people?cursor=c1"
    _at("?cursor=c1", state)
    assert _address(await _press(state, "previous_page")) == "/people"
    _at("?cursor=c3", state)  # the browser's forward
    assert _address(await _press(state, "previous_page")) == "/people?cursor=c2"
    _at("?cursor=elsewhere", state)
    assert _address(await _press(state, "previous_page")) == "/people"


def test_the_pages_around_and_the_count_are_told():
    state = _at("?cursor=c1")
    state._turned(Page([], None), counted(READER, "admin.members.total", 1234))
    assert (state.can_go_back, state.next_cursor) == (True, "")
    assert "1.234" in state.summary


def test_every_list_page_has_the_handlers_with_its_own_permission():
    for module in pkgutil.walk_packages(enterprise_app.web.__path__, "enterprise_app.web."):
        importlib.import_module(module.name)
    pages = [s for s in RegistrationContext.ensure_context().base_states.values() if issubclass(s, ListState)]
    assert len(pages) > 5
    for state in pages:
        needs = {getattr(state.event_handlers[name].fn, DECLARED) for name in HANDLERS}
        assert needs == {getattr(state.event_handlers["load"].fn, DECLARED)} if "load" in state.event_handlers else True
        assert all(state.event_handlers[name].fn.__qualname__ == f"{state.__name__}.{name}" for name in HANDLERS)
