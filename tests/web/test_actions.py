"""An action without a browser: the context of the moment, refusals as messages, nothing swallowed."""

import logging
from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import HeaderData

from enterprise_app.core.errors import Invalid, NotFound
from enterprise_app.domains.campaigns.vocabulary import CampaignAction
from enterprise_app.web.shell import action
from enterprise_app.web.shell.forms import choice_of, id_of
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.toasts import ToastState
from enterprise_app.web.shell.wiring import wiring
from tests.web.site import FakeSessions, NotesState


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> FakeSessions:
    fake = FakeSessions()
    monkeypatch.setattr(wiring, "sessions", fake)
    return fake


def _root(who: str | None, path: str = "/") -> rx.State:
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    headers = {"x-atrium-host": "acme.test", "x-atrium-locale": "de"} | ({"x-atrium-session": who} if who else {})
    root.router_data = {"headers": headers, "pathname": path, "asPath": path, "token": "t"}
    root.rx_router_headers = HeaderData.from_router_data(root.router_data)
    return root


async def _state(root: rx.State, cls: type[Any]) -> Any:
    return await root.get_state(cls)


async def _call(state: Any, name: str, **arguments: Any) -> Any:
    return await type(state).event_handlers[name].fn(state, **arguments)


async def test_allowed_runs(sessions: FakeSessions):
    state = await _state(_root("ann"), NotesState)
    await _call(state, "owners_only")
    assert state.note == "written by ann"


async def test_refusal_is_a_message_in_the_readers_language(sessions: FakeSessions):
    root = _root("bob")
    state = await _state(root, NotesState)
    assert await _call(state, "owners_only") is None
    toasts = await _state(root, ToastState)
    assert state.note == ""
    assert toasts.items[0].kind == "error"


async def test_revoked_session_leads_to_sign_in(sessions: FakeSessions):
    sessions.revoked.add("ann")
    state = await _state(_root("ann"), NotesState)
    answer = await _call(state, "write", note="x")
    assert "sign-in" in str(answer)
    assert state.note == ""


async def test_field_errors_are_cleared_by_the_next_try(sessions: FakeSessions):
    state = await _state(_root("ann"), NotesState)
    await _call(state, "save", form={"title": "x"})
    assert state.errors == {"title": "Das ist gerade nicht möglich."}
    await _call(state, "write", note="x")
    assert state.errors == {}


async def test_surprises_are_logged_with_the_id_that_is_shown(sessions: FakeSessions, caplog: pytest.LogCaptureFixture):
    root = _root("ann")
    with caplog.at_level(logging.ERROR):
        await _call(await _state(root, NotesState), "crash")
    shown = (await _state(root, ToastState)).items[0].text
    assert caplog.records[0].request_id in shown  # pyright: ignore[reportAttributeAccessIssue]
    assert "hunter2" not in shown


async def test_choices_are_checked_and_kept(sessions: FakeSessions):
    state = await _state(_root("ann"), SessionState)
    await _call(state, "choose_locale", locale="ar")
    await _call(state, "choose_locale", locale="../../etc")
    assert state.locale == sessions.locale["ann"] == "ar"
    await _call(state, "choose_theme", theme="javascript:")
    assert state.theme == ""


@pytest.mark.parametrize("note", [["a list"], {"an": "object"}])
async def test_strange_arguments_are_refused_before_the_handler(sessions: FakeSessions, caplog: Any, note: Any):
    root = _root("ann")
    state = await _state(root, NotesState)
    await _call(state, "write", note=note)
    await _call(state, "save", form="no form")
    assert state.note == ""
    assert not caplog.records, "nothing to log: it was the browser's fault"


def test_ids_and_choices_from_the_browser_are_clean_errors():
    with pytest.raises(NotFound):
        id_of("../../etc/passwd")
    with pytest.raises(Invalid):
        choice_of(CampaignAction, "destroy")
    assert choice_of(CampaignAction, "pause") is CampaignAction.PAUSE


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "The plan is “gold”. Use one of: a, b."),
        ("hi", "योजना “gold” है। इनमें से एक: a, b।"),
        ("ja", "プラン「gold」です。次のいずれか：a、b"),
        ("zh", "套餐“gold”。请使用：a、b。"),
    ],
)
def test_a_failure_and_its_fix_are_sentences_of_the_language(
    monkeypatch: pytest.MonkeyPatch, locale: str, text: str
) -> None:
    first, _, fix = text.partition("। " if locale == "hi" else "。" if locale in ("ja", "zh") else ". ")
    told = {"errors.gold": first, "errors.gold.fix": fix}
    monkeypatch.setattr(action, "has_text", told.__contains__)
    monkeypatch.setattr(action, "translate", lambda _locale, key, **_params: told[key])
    assert action.sentence(locale, "gold", {}) == text
