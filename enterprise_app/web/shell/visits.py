"""Who a state belongs to, read from the headers that only the guard can have written."""

from typing import Any

from enterprise_app.core.ids import new_id
from enterprise_app.web.shell.ports import Visit

SIGN_IN = "/sign-in"


def headers_of(state: Any) -> dict[str, str]:
    """The connection's headers, as a plain dict."""
    return dict(state.router.headers.raw_headers)


def reference_of(state: Any) -> str | None:
    """The session's reference, or None for a visitor."""
    return headers_of(state).get("x-atrium-session") or None


def visit_of(state: Any) -> Visit:
    """From where this event came, with an id of its own for logs and messages."""
    headers = headers_of(state)
    return Visit(
        host=headers.get("x-atrium-host", ""),
        ip=state.router.session.client_ip or None,
        agent=headers.get("user-agent"),
        locale=headers.get("x-atrium-locale", "en"),
        request_id=str(new_id()),
    )
