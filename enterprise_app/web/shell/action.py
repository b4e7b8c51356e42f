"""`@action(permission)`: the only way a browser reaches a handler. Context rebuilt, rights checked, errors told.

    @action(Permission.CAMPAIGNS_CREATE)
    async def create(self, ctx: Context, form: dict[str, str]) -> EventSpec | None: ...

Whatever the browser sends is untrusted; `ctx` comes from the session of this very moment. With `PUBLIC`, `ctx` is
None for visitors. A handler that doesn't name `ctx` doesn't get it. Expected failures become a toast or, when the
state has `errors: dict[str, str]`, messages at the fields; anything else is logged and told without details.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.errors import AtriumError, Invalid, Unauthenticated
from enterprise_app.core.texts import has_text, translate
from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.shell.ports import Visit
from enterprise_app.web.shell.visits import SIGN_IN, reference_of, visit_of
from enterprise_app.web.shell.wiring import wiring

logger = logging.getLogger(__name__)


class Public:
    """Marks handlers and pages that need no session."""

    def __repr__(self) -> str:
        return "PUBLIC"


class SessionEnded(Exception):
    """Nobody is signed in (any more): the page leads to sign-in. A wrong password is another matter."""


PUBLIC = Public()
Need = Permission | Public
DECLARED = "__atrium_need__"
_SHAPED = {"dict": dict, "list": list}


def action(need: Need, *, feature: Feature | None = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what a handler needs; see the module. Works on coroutines, async generators and background handlers."""
    if not isinstance(need, Permission | Public):
        raise TypeError("an action names a Permission or PUBLIC")

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        streams = inspect.isasyncgenfunction(handler)
        if not streams and not inspect.iscoroutinefunction(handler):
            raise TypeError(f"{handler.__qualname__} must be async")
        wrapped = (_streaming if streams else _plain)(handler, need, feature)
        return _disguise(wrapped, handler, need)

    return decorate


def _plain(handler: Callable[..., Any], need: Need, feature: Feature | None) -> Callable[..., Any]:
    with_context, kinds = "ctx" in inspect.signature(handler).parameters, _kinds(handler)

    async def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        visit = visit_of(self)
        try:
            _refuse_strange(kinds, args, kwargs)
            context = await get_context(self, visit, need, feature)
            await _clear_errors(self)
            return await handler(self, *([context] if with_context else []), *args, **kwargs)
        except Exception as error:
            return await _tell(self, visit, error)

    return run


def _streaming(handler: Callable[..., Any], need: Need, feature: Feature | None) -> Callable[..., Any]:
    with_context, kinds = "ctx" in inspect.signature(handler).parameters, _kinds(handler)

    async def run(self: Any, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        visit = visit_of(self)
        try:
            _refuse_strange(kinds, args, kwargs)
            context = await get_context(self, visit, need, feature)
            await _clear_errors(self)
            async for update in handler(self, *([context] if with_context else []), *args, **kwargs):
                yield update
        except Exception as error:
            yield await _tell(self, visit, error)

    return run


def _kinds(handler: Callable[..., Any]) -> dict[str, str]:
    """The browser's arguments of the handler, in order, with the kind that each is declared as: str, dict, list …"""
    hints = inspect.get_annotations(handler)
    names = [name for name in inspect.signature(handler).parameters if name not in ("self", "ctx")]
    plain = {name: getattr(hints.get(name), "__name__", hints.get(name)) for name in names}
    return {name: str(kind).partition("[")[0] for name, kind in plain.items()}


def _refuse_strange(kinds: dict[str, str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """A hostile browser sends lists for texts and texts for forms. Raises Invalid before the handler stumbles."""
    for name, value in [*zip(kinds, args, strict=False), *kwargs.items()]:
        kind = kinds.get(name, "")
        if kind in _SHAPED and not isinstance(value, _SHAPED[kind]):
            raise Invalid.of(name, "must_be_object" if kind == "dict" else "must_be_list")
        if kind == "str" and isinstance(value, dict | list):
            raise Invalid.of(name, "must_be_text")


def _disguise(wrapped: Callable[..., Any], handler: Callable[..., Any], need: Need) -> Callable[..., Any]:
    """The wrapper with the handler's name and browser-side arguments: Reflex reads those, `ctx` is not one."""
    functools.update_wrapper(wrapped, handler)
    signature = inspect.signature(handler)
    visible = [p for name, p in signature.parameters.items() if name != "ctx"]
    hints = inspect.get_annotations(handler)
    wrapped.__signature__ = signature.replace(parameters=visible)  # pyright: ignore[reportFunctionMemberAccess]
    wrapped.__annotations__ = {name: hint for name, hint in hints.items() if name != "ctx"}
    setattr(wrapped, DECLARED, need)
    return wrapped


async def get_context(state: Any, visit: Visit, need: Need, feature: Feature | None = None) -> Context | None:
    """The Context of this moment, checked against the need. Raises SessionEnded, Forbidden or FeatureMissing."""
    reference = reference_of(state)
    if reference is None:
        if isinstance(need, Permission):
            raise SessionEnded
        return None
    try:
        context = await wiring.get_sessions().get_context(reference, visit)
    except Unauthenticated:
        if isinstance(need, Permission):
            raise SessionEnded from None
        return None
    context = context if context.locale else replace(context, locale=visit.locale)
    if isinstance(need, Permission):
        context.require(need)
    if feature is not None:
        context.require_feature(feature)
    return context


async def _clear_errors(state: Any) -> None:
    if "errors" in type(state).base_vars and getattr(state, "errors", None):
        async with _Writing(state):
            state.errors = {}


async def _tell(state: Any, visit: Visit, error: Exception) -> Any:
    """A failure in the reader's words: sign-in again, at the field, or a toast."""
    if isinstance(error, SessionEnded):
        return rx.redirect(f"{SIGN_IN}?next={quote(_here(state), safe='')}")
    locale = await _locale(state, visit)
    if isinstance(error, Invalid) and "errors" in type(state).base_vars:
        texts = {p.field: sentence(locale, p.code, p.params) for p in reversed(error.problems)}
        async with _Writing(state):
            state.errors = texts
        return None
    if isinstance(error, Invalid):
        first = error.problems[0]
        await _toast(state, f"{first.field}: {sentence(locale, first.code, first.params)}")
    elif isinstance(error, AtriumError) and (error.status < 500 or error.status == 503):
        await _toast(state, sentence(locale, error.code, error.params))
    else:
        logger.error("handler failed", exc_info=error, extra={"request_id": visit.request_id})
        await _toast(state, translate(locale, "errors.unexpected", request_id=visit.request_id))
    return None


_ENDS = (".", "!", "?", "؟", "…", "।", "。", "！", "？")
_STOPS = {"hi": ("।", " "), "ja": ("。", ""), "zh": ("。", "")}
"""How a sentence ends and what stands before the next, where it is not a full stop and a space."""


def sentence(locale: str, code: str, params: dict[str, Any]) -> str:
    """The failure, and how to fix it where the catalogue says so."""
    key = f"errors.{code}"
    text = translate(locale, key if has_text(key) else "errors.refused", **params)
    if not has_text(f"{key}.fix"):
        return text
    stop, gap = _STOPS.get(locale, (".", " "))
    ended = text if text.endswith(_ENDS) else text + stop
    return f"{ended}{gap}{translate(locale, f'{key}.fix', **params)}"


async def _locale(state: Any, visit: Visit) -> str:
    from enterprise_app.web.shell.session import SessionState  # the session's own handlers are actions, too

    async with _Writing(state):
        session = await state.get_state(SessionState)
        return session.locale or visit.locale


async def _toast(state: Any, text: str) -> None:
    from enterprise_app.web.shell.toasts import toast

    async with _Writing(state):
        await toast(state, "error", text)


class _Writing:
    """The lock that a background handler's proxy needs for writing; nothing for an ordinary state."""

    def __init__(self, state: Any) -> None:
        self._proxy = state if hasattr(state, "_self_mutable") and not state._self_mutable else None

    async def __aenter__(self) -> None:
        if self._proxy is not None:
            await self._proxy.__aenter__()

    async def __aexit__(self, *exc: Any) -> None:
        if self._proxy is not None:
            await self._proxy.__aexit__(*exc)


def _here(state: Any) -> str:
    url = state.router.url
    return (url.path or "/") + (f"?{url.query}" if url.query else "")
