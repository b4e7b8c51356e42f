"""A page as data: where it lives, who may open it, where the navigation shows it, what keeps it fresh."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import reflex as rx

from enterprise_app.core.vocabulary.entitlements import Feature
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.web.shell.action import Public


class Section(StrEnum):
    """Groups of the navigation, in their order. A page without one is reached from another page."""

    HOME = "home"
    GROW = "grow"
    MEASURE = "measure"
    MANAGE = "manage"
    OPERATE = "operate"


class Layout(StrEnum):
    """What stands around a page."""

    FRAME = "frame"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `title` and `help_key` are text keys, `icon` a name of shell/icons.py, `refresh` is called when
    one of the tenant's `topics` (areas, such as "campaigns") changes and after a reconnect, `on_leave` when the reader
    goes to another page: big data is not kept for a page that is not open. `platform_topics` are the platform's areas,
    watched by every reader of the page, visitors too."""

    route: str
    title: str
    area: str
    need: Permission | Public
    body: Callable[[], rx.Component]
    icon: str = "circle"
    section: Section | None = None
    feature: Feature | None = None
    on_load: Sequence[Any] = ()
    on_leave: Sequence[Any] = ()
    topics: tuple[str, ...] = ()
    platform_topics: tuple[str, ...] = ()
    refresh: Any = None
    help_key: str = ""
    layout: Layout = Layout.FRAME
    dev_only: bool = False

    @property
    def is_public(self) -> bool:
        """Whether it opens without signing in."""
        return isinstance(self.need, Public)

    def matches(self, path: str) -> bool:
        """Whether the path is this page's; `[id]` in the route stands for one segment."""
        wanted, given = self.route.strip("/").split("/"), path.strip("/").split("/")
        return len(wanted) == len(given) and all(
            w == g or w.startswith("[") for w, g in zip(wanted, given, strict=True)
        )


def find_page(pages: Sequence[Page], path: str) -> Page | None:
    """The page of a path; a literal segment wins over `[id]`."""
    found = [page for page in pages if page.matches(path)]
    return min(found, key=lambda page: page.route.count("["), default=None)
