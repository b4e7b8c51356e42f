"""Which database this installation uses: DATABASE_URL, or the embedded server that is running now."""

from .db_urls import DatabaseUrls
from .embedded import EmbeddedError, Server, ensure_running, find_running_server
from .settings import Settings

EMBEDDED_DATABASE = "atrium"


def database_urls(settings: Settings) -> DatabaseUrls:
    """The URLs of all roles; raises EmbeddedError when the embedded server should be running and isn't."""
    if settings.database_url is not None:
        return _external(settings)
    running = find_running_server(settings)
    if running is None:
        raise EmbeddedError("The embedded database is not running. Start the platform with `./atrium up`.")
    place, port = running
    return DatabaseUrls.derive(place.admin_url(port), None, settings.secret, database=EMBEDDED_DATABASE)


def start_database(settings: Settings) -> tuple[DatabaseUrls, Server | None]:
    """Like `database_urls`, but starts the embedded server when it isn't running; the caller stops the server."""
    if settings.database_url is not None:
        return _external(settings), None
    server = ensure_running(settings)
    return DatabaseUrls.derive(server.admin_url, None, settings.secret, database=EMBEDDED_DATABASE), server


def _external(settings: Settings) -> DatabaseUrls:
    assert settings.database_url is not None
    direct = settings.database_direct_url
    return DatabaseUrls.derive(
        settings.database_url.get_secret_value(), direct.get_secret_value() if direct else None, settings.secret
    )
