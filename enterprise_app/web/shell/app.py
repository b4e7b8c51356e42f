"""The Reflex app behind the guard: pages from data, the API beside them, CORS only where it is harmless."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import reflex as rx
from reflex.state import StateUpdate
from reflex.utils.prerequisites import get_web_dir
from reflex_base import constants
from reflex_base.event import Event
from reflex_base.registry import RegistrationContext
from starlette.middleware.cors import CORSMiddleware

from enterprise_app.web.shell.frame import bare, laid_out
from enterprise_app.web.shell.guard import COOKIELESS, ASGIApp, Guard, under
from enterprise_app.web.shell.i18n import t
from enterprise_app.web.shell.live import Hub
from enterprise_app.web.shell.page import Page, find_page
from enterprise_app.web.shell.ports import Sessions
from enterprise_app.web.shell.security import ContentPolicy
from enterprise_app.web.shell.session import SessionState
from enterprise_app.web.shell.sockets import Caps, Sockets
from enterprise_app.web.shell.status import error_boundary, not_found
from enterprise_app.web.shell.wiring import wiring

ASSETS = Path("assets")
STYLESHEETS = ("tokens.css", "components.css", "shell.css")


class AtriumApp(rx.App):
    """An rx.App that is reached through the guard only. `protect` must be called before it serves."""

    def protect(self, *, sessions: Sessions, api: ASGIApp, key: bytes, base_url: str, caps: Caps) -> None:
        """Plug in who may enter, how many at once, and the API that answers beside the pages."""
        sockets = Sockets(sessions, caps)
        self._inner = {"sessions": sessions, "sockets": sockets, "api": open_to_all_origins(api), "key": key}
        self._form_targets = _host_source(base_url)
        wiring.sessions, wiring.sockets = sessions, sockets
        wiring.hub = Hub(self._push)
        self.register_lifespan_task(sockets.watch)
        self._forget_closed_tabs()

    def __call__(self) -> ASGIApp:
        """The whole web process as one ASGI app."""
        pages = super().__call__()
        drop_undeclared_setters()
        policy = ContentPolicy(get_web_dir() / constants.Dirs.STATIC, self._form_targets)
        return Guard(pages=pages, policy=policy, is_public=_is_public, **self._inner)

    def add_pages(self, pages: Sequence[Page]) -> None:
        """Register every page, in its layout, entered through the session."""
        wiring.pages = pages
        for page in pages:
            self.add_page(
                laid_out(page, pages),
                route=page.route,
                title=t(page.title),
                on_load=SessionState.enter,
                image="",
                meta=[],
            )

    async def _push(self, token: str, handler: Any) -> None:
        """Ask a tab to call a handler: it comes back over its own socket, with its session."""
        namespace = self.event_namespace
        if namespace is not None and token in namespace._token_manager.token_to_socket:
            await namespace.emit_update(StateUpdate(events=Event.from_event_type(handler)), token=token)

    def _forget_closed_tabs(self) -> None:
        namespace: Any = self.event_namespace
        reflex_disconnects = namespace.on_disconnect

        def on_disconnect(sid: str) -> Any:
            token = namespace.sid_to_token.get(sid)
            if token and wiring.hub is not None:
                wiring.hub.forget(token)
            return reflex_disconnects(sid)

        namespace.on_disconnect = on_disconnect


def make_app(pages: Sequence[Page]) -> AtriumApp:
    """Without Reflex's own banner, toasts and error page: ours are translated and need no eval."""
    app = AtriumApp(
        app_wraps={(55, "ErrorBoundary"): lambda _stateful: error_boundary()},
        toaster=None,
        html_lang="en",
        stylesheets=[f"/{name}" for name in STYLESHEETS if (ASSETS / name).exists()],
        head_components=[
            rx.el.script(src="/shell/boot.js"),
            rx.el.script(src="/shell/forms.js", defer=True),
            rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
            rx.el.link(rel="stylesheet", href="/branding.css"),
        ],
    )
    app.add_pages(pages)
    app.add_page(lambda: bare(not_found()), route="404", title=t("shell.not_found.title"), on_load=SessionState.enter)
    return app


def drop_undeclared_setters() -> None:
    """Reflex gives every state a browser-callable `setvar`; nobody here uses it, so nobody may call it."""
    handlers = RegistrationContext.get().event_handlers
    for name in [name for name in handlers if name.endswith(".setvar")]:
        del handlers[name]


def _is_public(path: str) -> bool:
    page = find_page(wiring.pages, path)
    return page is None or page.is_public


def open_to_all_origins(api: ASGIApp) -> ASGIApp:
    """CORS without credentials, for the public event and flag APIs only; everything else has none at all."""
    crossing = CORSMiddleware(
        api,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["ETag", "Retry-After"],
        max_age=600,
    )

    async def choose(scope: Any, receive: Any, send: Any) -> None:
        public = scope["type"] == "http" and under(scope["path"], COOKIELESS)
        await (crossing if public else api)(scope, receive, send)

    return choose


def _host_source(base_url: str) -> str:
    """The platform's host and its tenants' hosts as a CSP source list."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port} {parts.scheme}://*.{parts.hostname}{port}"
