"""Every handler that a browser can call declares what it needs; nothing else can be called."""

import importlib
import pkgutil
from typing import Any

import pytest
import reflex as rx
from reflex_base.registry import RegistrationContext

import enterprise_app.web
from enterprise_app.core.context import Context
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.pages.experiments.conditions import ConditionsState
from enterprise_app.web.shell.action import DECLARED, PUBLIC, Public, action
from enterprise_app.web.shell.app import drop_undeclared_setters
from enterprise_app.web.shell.lists import ListState

REFLEX_OWN = ("reflex___state", "reflex___istate")
REVIEWED_PUBLIC = {
    # pages before sign-in: read the address, ask identity what a link is worth
    "EntryState.load_invitation",
    "EntryState.load_plain",
    "EntryState.load_reset",
    "EntryState.load_setup",
    "EntryState.load_verify",
    "EntryState.load_sign_in",
    "SessionState.choose_locale",
    "SessionState.choose_theme",
    "SessionState.enter",
    "ToastState.dismiss",
    "ToastState.undo",
}
"""Handlers that need no session, each looked at. A page's own ones are added here on purpose."""


def _import_everything() -> None:
    for module in pkgutil.walk_packages(enterprise_app.web.__path__, "enterprise_app.web."):
        importlib.import_module(module.name)


def _handlers() -> dict[str, Any]:
    _import_everything()
    found = {}
    for name, registered in RegistrationContext.ensure_context().event_handlers.items():
        handler = registered.handler
        owner = handler.state
        if owner is not None and owner.__module__.startswith("enterprise_app.") and handler.fn.__name__ != "setvar":
            found[name] = handler.fn
    return found


def test_every_handler_declares_a_permission_or_public():
    undeclared = [fn.__qualname__ for fn in _handlers().values() if not hasattr(fn, DECLARED)]
    assert not undeclared, f"decorate with @action(Permission.X) or @action(PUBLIC): {undeclared}"


def test_public_handlers_are_reviewed():
    public = {fn.__qualname__ for fn in _handlers().values() if isinstance(getattr(fn, DECLARED), Public)}
    examples = {
        name for name in public if name.startswith(("DesignState.", "MailboxState."))
    }  # served in development only
    assert public - examples <= REVIEWED_PUBLIC


def test_setvar_is_dropped():
    drop_undeclared_setters()
    assert not [name for name in RegistrationContext.ensure_context().event_handlers if name.endswith(".setvar")]


def _is_base(base: type) -> bool:
    """A mixin of lists or of conditions: its vars and handlers become the state's own, no state stands in between."""
    return issubclass(base, ListState | ConditionsState) and base._mixin


def test_states_are_flat():
    _import_everything()
    for name, state in RegistrationContext.ensure_context().base_states.items():
        if state.__module__.startswith("enterprise_app."):
            own = [base for base in state.__bases__ if not _is_base(base)]
            assert own == [rx.State], f"{name}: states inherit from rx.State, lists also from `listed(…)`"
            assert len(state.__bases__) <= 2


def test_browser_does_not_see_ctx_as_an_argument():
    @action(Permission.SELF_MANAGE)
    async def rename(self: object, ctx: Context, name: str) -> None: ...

    import inspect

    assert list(inspect.signature(rename).parameters) == ["self", "name"]
    assert getattr(rename, DECLARED) is Permission.SELF_MANAGE


@pytest.mark.parametrize("need", ["campaigns:read", None])
def test_need_is_an_enum_value(need: object):
    with pytest.raises(TypeError):
        action(need)  # pyright: ignore[reportArgumentType]


def test_handlers_are_async():
    with pytest.raises(TypeError):

        @action(PUBLIC)
        def sync(self: object) -> None: ...
