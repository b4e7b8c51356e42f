"""Short messages at the edge of the screen, with undo: kept in state, because Reflex's own need `eval`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx
from reflex_base.event import EventSpec

from enterprise_app.core.ids import new_id
from enterprise_app.web.shell.action import PUBLIC, action

Kind = Literal["success", "info", "warning", "error"]
_KEEP = 5


@dataclass(frozen=True)
class Toast:
    """One message, already in the reader's language."""

    id: str
    kind: str
    text: str
    can_undo: bool = False


class ToastState(rx.State):
    """The messages that stand on the screen now."""

    items: list[Toast] = []
    _undo: dict[str, tuple[str, str, dict[str, Any]]] = {}

    def _push(self, kind: Kind, text: str, undo: tuple[str, str, dict[str, Any]] | None = None) -> None:
        toast = Toast(str(new_id()), kind, text[:500], undo is not None)
        self.items = [*self.items, toast][-_KEEP:]
        kept = {item.id for item in self.items}
        remembered = {key: value for key, value in self._undo.items() if key in kept}
        self._undo = remembered | ({toast.id: undo} if undo else {})

    @action(PUBLIC)
    async def dismiss(self, toast_id: str) -> None:
        """Take a message away."""
        self.items = [item for item in self.items if item.id != toast_id]
        self._undo = {key: value for key, value in self._undo.items() if key != toast_id}

    @action(PUBLIC)
    async def undo(self, toast_id: str) -> EventSpec | None:
        """Run what the message offers to take back; that handler checks its own permission again."""
        found = self._undo.get(toast_id)
        self.items = [item for item in self.items if item.id != toast_id]
        self._undo = {key: value for key, value in self._undo.items() if key != toast_id}
        if found is None:
            return None
        state_name, handler, arguments = found
        return getattr(rx.State.get_class_substate(state_name), handler)(**arguments)


async def toast(state: rx.State, kind: Kind, text: str, *, undo: EventSpec | None = None) -> None:
    """Show a message (translated by the caller, `core.texts.translate`); `undo` is a handler call of some state."""
    target = await state.get_state(ToastState)
    target._push(kind, text, _stored(undo) if undo else None)


def _stored(undo: EventSpec) -> tuple[str, str, dict[str, Any]]:
    """A handler call as plain data, because states are pickled."""
    arguments = {name._js_expr: getattr(value, "_var_value", None) for name, value in undo.args}
    return undo.handler.state_full_name, undo.handler.fn.__name__, arguments
