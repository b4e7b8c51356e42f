"""Lists over HTTP: the words of the query string, and the page that goes back."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from enterprise_app.core import paging
from enterprise_app.core.errors import FieldProblem, Invalid
from enterprise_app.core.paging import Listing, ListQuery

T = TypeVar("T")

WORDS = frozenset({"limit", "cursor", "sort", "filter", "q"})


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` is null on the last one."""

    model_config = ConfigDict(frozen=True)

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None

    @classmethod
    def of(cls, page: "paging.Page[T]") -> "Page[T]":
        """The core's page as it leaves; its items are models already, so nothing is checked twice."""
        return cls.model_construct(items=list(page.items), next_cursor=page.next_cursor, total=page.total)


def list_query(listing: Listing, *extra: str) -> Any:
    """A dependency that parses the list words: `query: Annotated[ListQuery, list_query(service.LISTING)]`.

    `extra` names the route's own query parameters: any other unknown one is refused.
    """
    allowed = WORDS | set(extra)

    async def parse(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=listing.max_limit, description="Items of a page.")] = min(
            paging.DEFAULT_LIMIT, listing.max_limit
        ),
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.", max_length=2000)] = None,
        sort: Annotated[str | None, Query(description=_sort_words(listing), max_length=500)] = None,
        filter: Annotated[list[str] | None, Query(description=_filter_words(listing))] = None,  # noqa: A002
        q: Annotated[str | None, Query(description="Words, or how they begin.", max_length=200)] = None,
    ) -> ListQuery:
        refuse_unknown(request, allowed)
        return listing.parse(limit=limit, cursor=cursor, sort=sort, filters=filter or (), q=q)

    return Depends(parse)


def refuse_unknown(request: Request, allowed: frozenset[str]) -> None:
    """A misspelt parameter must not silently show everything. Raises Invalid."""
    unknown = [name for name in request.query_params if name not in allowed]
    if unknown:
        raise Invalid([FieldProblem(name[:100], "unknown_field") for name in unknown])


def only_query(*allowed: str) -> Callable[[Request], Any]:
    """A route dependency that refuses query parameters it does not know."""

    async def check(request: Request) -> None:
        refuse_unknown(request, frozenset(allowed))

    return check


def _sort_words(listing: Listing) -> str:
    names = ", ".join(f"`{name}`" for name, field in listing.fields.items() if field.sortable)
    return f"Comma separated, `-` for descending: {names}. Default `{listing.default_sort}`."


def _filter_words(listing: Listing) -> str:
    fields = "; ".join(f"`{name}` ({', '.join(field.allowed)})" for name, field in listing.fields.items())
    return f"`field:op:value`, repeated for all conditions. Fields: {fields}."
