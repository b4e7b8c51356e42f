"""The vocabulary the components share: what a prop may be, and how optional parts are left out."""

from collections.abc import Callable
from typing import Any

import reflex as rx

Text = str | rx.Var
Flag = bool | rx.Var
Node = rx.Component | str | rx.Var
Handler = Any  # whatever rx accepts for an event: a State method, a lambda, a list, an EventSpec


def when(condition: Flag | None, node: Node, otherwise: Node | None = None) -> Any:
    """Node if the condition holds; decided in Python for plain values, in the browser for Vars."""
    if isinstance(condition, rx.Var):
        return rx.cond(condition, node, otherwise if otherwise is not None else rx.fragment())
    return node if condition else otherwise


def filled(text: Node | None, build: Callable[[Any], Node]) -> Any:
    """`build(text)` unless the text is None or empty; a Var is checked in the browser."""
    if isinstance(text, rx.Var):
        if isinstance(text, rx.vars.LiteralVar):
            return build(text)
        return rx.cond(text, build(text), rx.fragment())
    return build(text) if text else None


def parts(*nodes: Any) -> list[Any]:
    """The nodes that are there."""
    return [node for node in nodes if isinstance(node, rx.Var) or (node is not False and node not in (None, ""))]


def given(**props: Any) -> dict[str, Any]:
    """The props that were given: None means "not set" and must not reach the element."""
    return {name: value for name, value in props.items() if value is not None}


def flag(value: Flag) -> Any:
    """An ARIA boolean ("true"/"false") from a Python bool or a Var."""
    return rx.cond(value, "true", "false") if isinstance(value, rx.Var) else str(bool(value)).lower()


def classes(*names: Any) -> Any:
    """Class names joined; Vars (for example rx.cond(…, "on", "")) stay live."""
    kept: list[Any] = [name for name in names if isinstance(name, rx.Var) or name]
    if any(isinstance(name, rx.Var) for name in kept):
        return kept
    return " ".join(kept)
