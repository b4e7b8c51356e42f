"""The view lives in the URL: reading its query, and going to the same page with another one."""

from typing import Any
from urllib.parse import urlencode

import reflex as rx
from reflex_base.event import EventSpec


def parameters(state: Any) -> dict[str, str]:
    """The query of the open page; the last of repeated names wins."""
    return dict(state.router.url.query_parameters)


def with_query(path: str, query: dict[str, str]) -> str:
    """The path with what is not empty of the query."""
    filled = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(filled)}" if filled else path


def change_view(state: Any, *, replace: bool = False, **changes: str) -> EventSpec:
    """The open page with other values in its query (empty takes one away); the page loads again by itself."""
    return rx.redirect(with_query(state.router.url.path, parameters(state) | changes), replace=replace)
