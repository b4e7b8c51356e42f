"""What the composition root plugs into the shell: sessions from the edge, the pages, the live hub, the open sockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from enterprise_app.web.shell.live import Hub
    from enterprise_app.web.shell.page import Page
    from enterprise_app.web.shell.ports import Sessions
    from enterprise_app.web.shell.sockets import Sockets


@dataclass(slots=True)
class Wiring:
    """Filled once at start, read by handlers."""

    sessions: Sessions | None = None
    pages: Sequence[Page] = ()
    hub: Hub | None = None
    sockets: Sockets | None = None

    def get_sessions(self) -> Sessions:
        """The sessions; raises when nothing was plugged in."""
        if self.sessions is None:
            raise RuntimeError("the shell has no sessions: the composition root sets wiring.sessions")
        return self.sessions

    def get_sockets(self) -> Sockets:
        """The open sockets; raises when nothing was plugged in."""
        if self.sockets is None:
            raise RuntimeError("the shell has no sockets: the composition root calls protect")
        return self.sockets


wiring = Wiring()
