"""The view lives in the URL: reading its query, and going to the same page with another one."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import reflex as rx
from reflex_base.event import EventSpec


def parameters(state: Any) -> dict[str, str]:
    """The query of the open page; the last of repeated names wins."""
    return dict(state.router.url.query_parameters)


def values_of(state: Any, name: str) -> list[str]:
    """Every value of a name that may be repeated in the query, each once."""
    return list(dict.fromkeys(value for key, value in parse_qsl(state.router.url.query) if key == name))


def with_query(path: str, query: Mapping[str, str | Sequence[str]]) -> str:
    """The path with what is not empty of the query."""
    filled = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(filled, doseq=True)}" if filled else path


def change_view(state: Any, *, replace: bool = False, **changes: str | list[str]) -> EventSpec:
    """The open page with other values in its query (empty takes one away); the page loads again by itself."""
    asked = parse_qsl(state.router.url.query)
    query: dict[str, str | list[str]] = {name: [value for key, value in asked if key == name] for name, _ in asked}
    return rx.redirect(with_query(state.router.url.path, query | changes), replace=replace)


def key_in(path: str) -> str:
    """The id in the path; where there is none, one of nothing: it is simply not found."""
    for part in path.strip("/").split("/"):
        try:
            return str(UUID(part))
        except ValueError:
            continue
    return str(UUID(int=0))
