'''The state of a list page: search, filters, order, page size and page are in the URL, so that links, reload, back and
forward show the same rows. A list page is a state made by `listed`, a page made of list_parts.py, and its texts:

    class PersonRow(BaseModel): ...                                       # frozen, texts and numbers already formatted

    class PeopleState(listed(Permission.PROFILES_READ, Choice("stage", Stage), Words("city")), rx.State):
        """What the page of people shows now."""

        rows: list[PersonRow] = []

        @action(Permission.PROFILES_READ)
        async def load(self, ctx: Context) -> None:
            """Show what the URL asks for."""
            with showing(self):
                query = self._query(ctx, service.LISTING)
                async with tenant_session(ctx) as session:
                    page = await service.list_people(session, ctx, query)  # a million rows: don't count them
                self.rows = [_row(ctx, person) for person in page.items]
                self._turned(page)

    def people() -> rx.Component:
        columns = [ui.Column(t("people.name"), lambda row: ui.link(row.name, row.href, quiet=True), sort="name"), ...]
        bar = list_parts.bar(S, list_parts.search(S, t("people.search")), list_parts.choice(S, "stage", label, STAGES))
        table = list_parts.table(S, columns, label=t("people.title"), empty=ui.empty_state(...))
        return ui.stack(ui.page_header(t("people.title"), t("people.text")), list_parts.body(S, bar, table))

    Page(route="/people", ..., on_load=(S.load,), on_leave=(S.leave,), topics=("profiles",), refresh=S.load)

Where the service counts (`count=True`), say `self._turned(page, counted(ctx, "people.total", page.total))`. Every
condition of the list grammar works as `?filter=field:op:value` too: it is shown as a chip that takes it away.
'''

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import reflex as rx
from pydantic import BaseModel, ConfigDict
from reflex_base.event import EventSpec

from enterprise_app.core.context import Context
from enterprise_app.core.errors import Invalid
from enterprise_app.core.paging import Listing, ListQuery
from enterprise_app.core.texts import has_text, translate
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.localization import service as localization
from enterprise_app.web.shell.action import action
from enterprise_app.web.shell.narrowing import Choice, Day, Narrowing, Words
from enterprise_app.web.shell.urls import change_view, parameters, values_of

__all__ = ["Choice", "Day", "ListState", "Words", "listed", "showing"]

SIZES = ("25", "50", "100", "200")
DEFAULT_SIZE = "50"
_REMEMBERED = 100
_LONGEST = 200
_SIGNS = {"eq": "=", "ne": "≠", "lt": "<", "lte": "≤", "gt": ">", "gte": "≥", "in": "∈", "contains": "≈"}


class Condition(BaseModel):
    """One `filter=` of the URL, and how it reads."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str


class Turned(Protocol):
    """A page of whatever service."""

    @property
    def next_cursor(self) -> str | None: ...


class ListState(rx.State, mixin=True):
    """What every list page shows; the rows are the page's own. No handlers: those come with a permission."""

    loading: bool = True
    failed: bool = False
    misread: bool = False
    q: str = ""
    sort: str = ""
    size: str = DEFAULT_SIZE
    picked: dict[str, str] = {}
    conditions: list[Condition] = []
    active: int = 0
    narrowed: bool = False
    summary: str = ""
    next_cursor: str = ""
    can_go_back: bool = False
    _trail: list[str] = []

    if TYPE_CHECKING:  # the handlers, as `listed` declares them
        leave: Any
        search: Any
        pick: Any
        drop: Any
        sort_by: Any
        resize: Any
        show_all: Any
        next_page: Any
        previous_page: Any

    def _narrowings(self) -> dict[str, Narrowing]:
        """The page's own filters by their word in the URL."""
        return {}

    def _words(self) -> Mapping[str, str]:
        """Text keys of the fields that a `filter=` may name (`device`), of one of their values (`device.bot`), or what
        the keys of all their values begin with (`device.`)."""
        return {}

    def _read(self, order: str, locale: str) -> None:
        """Take over what the URL says; what no browser of ours wrote there becomes empty."""
        words = parameters(self)
        self.q, self.sort = words.get("q", ""), words.get("sort", "") or order
        self.size = words["limit"] if words.get("limit") in SIZES else DEFAULT_SIZE
        self.picked = {word: own.taken(words.get(word, "")) for word, own in self._narrowings().items()}
        self.conditions = [
            Condition(id=text, text=_readable(text, locale, self._words())) for text in values_of(self, "filter")
        ]
        self.active = sum(1 for value in self.picked.values() if value)
        self.narrowed = bool(self.q or self.conditions or any(self.picked.values()))

    def _filters(self, ctx: Context) -> list[str]:
        """The filters that are shown, in the list grammar."""
        own = self._narrowings()
        texts = [own[word].condition(ctx, value) for word, value in self.picked.items() if value]
        return [*texts, *(condition.id for condition in self.conditions)]

    def _query(self, ctx: Context, listing: Listing) -> ListQuery:
        """What the URL asks this list for. Raises Invalid."""
        self._read(listing.default_sort, ctx.locale)
        cursor = parameters(self).get("cursor")
        return listing.parse(
            limit=self.size, cursor=cursor, sort=self.sort, filters=self._filters(ctx), q=self.q or None
        )

    def _turned(self, page: Turned, summary: str = "") -> None:
        """The page that was asked for is here: whether there is one before and after it."""
        self.next_cursor, self.can_go_back = page.next_cursor or "", bool(parameters(self).get("cursor"))
        self.summary = summary

    def _places(self) -> tuple[list[str], str]:
        """The cursors on the way to this page, the first page's "" included, and its own."""
        here = parameters(self).get("cursor", "")
        known = self._trail[: self._trail.index(here)] if here in self._trail else []
        return (known, here) if here else ([], "")

    def _narrow(self, word: str, value: str) -> EventSpec | None:
        """By one of the page's filters; of others nothing is known."""
        own = self._narrowings()
        if word not in own or value == self.picked.get(word):
            return None
        return change_view(self, replace=own[word].typed, **{word: value[:_LONGEST]}, cursor="")

    def _go_on(self) -> EventSpec | None:
        known, here = self._places()
        if self.next_cursor in ("", here):
            return None
        self._trail = [*known, here, self.next_cursor][-_REMEMBERED:]
        return change_view(self, cursor=self.next_cursor)

    def _go_back(self) -> EventSpec:
        known, _ = self._places()
        return change_view(self, cursor=known[-1] if known else "")


def listed(need: Permission, *narrowings: Narrowing, words: Mapping[str, str] | None = None) -> type[ListState]:
    """A list page's state: vars, and handlers with the page's permission. `words`: {"os": "explorer.column.os"}."""
    own = {narrowing.word: narrowing for narrowing in narrowings}

    class Listed(ListState, mixin=True):
        picked: dict[str, str] = dict.fromkeys(own, "")

        def _narrowings(self) -> dict[str, Narrowing]:
            return own

        def _words(self) -> Mapping[str, str]:
            return words or {}

        @action(need)
        async def leave(self) -> None:
            """Rows are not kept for a page that is not open; they come back with the URL."""
            self.reset()

        @action(need)
        async def search(self, q: str) -> EventSpec | None:
            """Find by words; typing on replaces the entry in the history."""
            return change_view(self, replace=True, q=q[:_LONGEST], cursor="") if q != self.q else None

        @action(need)
        async def pick(self, word: str, value: str) -> EventSpec | None:
            """Narrow by one of the page's filters; empty widens."""
            return self._narrow(word, value)

        @action(need)
        async def drop(self, condition: str) -> EventSpec:
            """Take one `filter=` away."""
            kept = [text for text in values_of(self, "filter") if text != condition]
            return change_view(self, filter=kept, cursor="")

        @action(need)
        async def show_all(self) -> EventSpec:
            """Everything, as the page opens from the navigation."""
            return rx.redirect(self.router.url.path)

        @action(need)
        async def sort_by(self, sort: str) -> EventSpec:
            """Another order, from the first page."""
            return change_view(self, sort=sort, cursor="")

        @action(need)
        async def resize(self, size: str) -> EventSpec:
            """More or fewer rows on a page, from the first page."""
            return change_view(self, limit="" if size == DEFAULT_SIZE else size, cursor="")

        @action(need)
        async def next_page(self) -> EventSpec | None:
            """Further; a second press before the page is here does nothing."""
            return self._go_on()

        @action(need)
        async def previous_page(self) -> EventSpec:
            """Back, wherever the browser's own buttons led; from an address of unknown origin to the first page."""
            return self._go_back()

    return Listed


@contextmanager
def showing(state: Any) -> Iterator[None]:
    """Around a page's loading: `loading` ends, and `failed` says whether there is something to show. Where a list can't
    follow its URL, `misread` says that trying again does not help."""
    try:
        yield
        state.failed = False
    except Exception as error:
        state.failed = True
        if isinstance(state, ListState):
            state.misread = isinstance(error, Invalid)
        raise
    finally:
        state.loading = False


def counted(ctx: Context, key: str, total: int | None) -> str:
    """How many rows there are under these filters: the text of a key with `count` and `number`. Of none the page says
    why in words, and nothing here."""
    return (
        translate(ctx.locale, key, count=total, number=localization.format_number(total, ctx.locale)) if total else ""
    )


def _readable(condition: str, locale: str, words: Mapping[str, str]) -> str:
    """`utm_source:eq:news` as "UTM source = news"; a property by its own name, since no catalogue knows it."""
    field, _, rest = condition.partition(":")
    operator, _, value = rest.partition(":")
    name = translate(locale, words[field]) if field in words else field.removeprefix("properties.")
    known = words.get(f"{field}.{value}") or words.get(f"{field}.", "") + value
    shown = translate(locale, known) if known != value and has_text(known) else value
    # Isolated, or a Latin value would drag the sign to its side of an Arabic name.
    return f"{name} {_SIGNS.get(operator, operator)} \u2068{shown[:_LONGEST]}\u2069"
