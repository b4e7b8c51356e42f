"""The composition root of the web process: pages and API behind one guard, on one port.

`app` is what Reflex compiles; `asgi` is what the server serves (made when asked for: compiling must not need it).
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from granian.utils.proxies import wrap_asgi_with_proxy_headers

from enterprise_app.core import db, events, logs, startup
from enterprise_app.core.live import Listener
from enterprise_app.core.settings import get_settings
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.experiments import service as experiments
from enterprise_app.domains.metering import service as metering
from enterprise_app.edge import Edge, SessionReader
from enterprise_app.http.app import create_api
from enterprise_app.http.gate import CallGate
from enterprise_app.registry import DOMAINS
from enterprise_app.web.hearing import hear
from enterprise_app.web.routes import PAGES
from enterprise_app.web.shell import stopping
from enterprise_app.web.shell.app import make_app
from enterprise_app.web.shell.sockets import Caps
from enterprise_app.web.shell.wiring import wiring

settings = get_settings()
edge = Edge()


@contextlib.asynccontextmanager
async def _running() -> AsyncIterator[None]:
    """Database and live listener, as long as the process serves."""
    logs.configure(settings, process="web")
    startup.configure(settings)
    events.register(DOMAINS)
    listener = Listener(db.urls().direct_app)
    listener.on("", lambda topic: hear(edge, topic))
    edge.hears = listener.connected.is_set
    await listener.start()

    async def put_away() -> None:
        await listener.stop()
        await analytics.write_calls(all_of_them=True)
        await experiments.flush_exposures()
        await db.dispose()

    stopping.when_told(wiring.get_sockets().close_all, put_away)
    try:
        for domain in DOMAINS:
            for start in domain.on_start:
                start()
        startup.settle()
        yield
    finally:
        await put_away()


app = make_app(PAGES)
app.protect(
    sessions=SessionReader(edge),
    api=create_api(DOMAINS, edge, gate=CallGate(metering.api_calls, analytics.note_call)),
    key=f"client tokens {settings.secret}".encode(),
    base_url=settings.base_url,
    caps=Caps(settings.sockets, settings.sockets_per_address),
)
app.register_lifespan_task(_running)


def __getattr__(name: str) -> Any:
    if name == "asgi":
        return wrap_asgi_with_proxy_headers(app(), settings.trusted_proxies)
    raise AttributeError(name)
