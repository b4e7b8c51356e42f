"""Makes the built front end talk to the host and port it was loaded from: one build serves every tenant and port.

Reflex bakes the backend's URL into the bundle and replaces only its host name at run time; the port stays.
"""

from typing import Any

from reflex_base.plugins.base import Plugin

STATE_JS = "utils/state.js"
_BAKED = "endpoint.hostname = frontend_hostname;"
_LIVE = "endpoint.hostname = frontend_hostname; endpoint.port = window.location.port;"
_HTTPS_ASSUMPTION = 'endpoint.port = ""; // Assume websocket is on https port via load balancer.'


def follow_location(source: str) -> str:
    """Reflex's state.js with the endpoint's port taken from the page's address. Raises when Reflex changed."""
    if _LIVE in source:
        return source
    if _BAKED not in source or _HTTPS_ASSUMPTION not in source:
        raise RuntimeError("reflex's utils/state.js is not the version this patch was written for: pin reflex==0.10.1")
    return source.replace(_BAKED, _LIVE).replace(_HTTPS_ASSUMPTION, "")


class RuntimeHostPlugin(Plugin):
    """Patches the compiled front end; see the module."""

    def pre_compile(self, **context: Any) -> None:
        """Register the patch."""
        context["add_modify_task"](STATE_JS, follow_location)
