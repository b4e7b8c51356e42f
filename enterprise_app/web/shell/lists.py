"""What every list page does alike: say whether loading worked, and go further and back through keyset pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from reflex_base.event import EventSpec

from enterprise_app.web.shell.urls import change_view, parameters

_REMEMBERED = 100


@contextmanager
def showing(state: Any) -> Iterator[None]:
    """Around a page's loading: `loading` ends, and `failed` says whether there is something to show."""
    try:
        yield
        state.failed = False
    except Exception:
        state.failed = True
        raise
    finally:
        state.loading = False


def go_on(state: Any) -> EventSpec:
    """The next page; the state's `_trail` remembers the cursor of this one."""
    state._trail = [*state._trail, parameters(state).get("cursor", "")][-_REMEMBERED:]
    return change_view(state, cursor=state.next_cursor)


def go_back(state: Any) -> EventSpec:
    """The page before; after a reload that is the first one."""
    *rest, last = state._trail or [""]
    state._trail = rest
    return change_view(state, cursor=last)
