"""The shell's own React components and the router's link, wrapped for Python."""

import reflex as rx

_SYNC = "$/public/shell/sync.js"


class ShellSync(rx.Component):
    """Applies the reader's language and theme, marks the loaded page; moves menus and the drawer."""

    library = _SYNC
    tag = "ShellSync"

    locale: rx.Var[str]
    theme: rx.Var[str]
    ready: rx.Var[bool]


class ConnectionBanner(rx.Component):
    """Shows its children while the connection is lost."""

    library = _SYNC
    tag = "ConnectionBanner"


class Timed(rx.Component):
    """Calls `on_done` after `ms` milliseconds in which nobody points at its children."""

    library = _SYNC
    tag = "Timed"

    ms: rx.Var[int]
    on_done: rx.EventHandler[rx.event.no_args_event_spec]


class NavLink(rx.Component):
    """A link that knows whether it is the current page (`aria-current`), without reloading."""

    library = "react-router"
    tag = "NavLink"

    to: rx.Var[str]
    end: rx.Var[bool]


shell_sync = ShellSync.create
connection_banner = ConnectionBanner.create
nav_link = NavLink.create
timed = Timed.create
