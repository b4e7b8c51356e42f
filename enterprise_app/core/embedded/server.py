"""A running embedded server in our hands: its URL, and who is still using it."""

import fcntl
from pathlib import Path
from typing import IO

from . import cluster
from .guard import Guard
from .place import Place, remove_place


class Server:
    """One running server. Several processes may use it at once; the last one that stops it, stops it."""

    def __init__(self, root: Path, place: Place, pid: int, port: int, *, started_by_us: bool) -> None:
        self.root = root
        self.place = place
        self.pid = pid
        self.port = port
        self.started_by_us = started_by_us
        self.admin_url = place.admin_url(port)
        self.throwaway_guard: Guard | None = None
        self._use: IO[str] | None = _share(place)

    def stop(self) -> bool:
        """Stop the server unless another live process uses it; False means that it was left running for that one."""
        if self.throwaway_guard is not None:
            return self._discard()
        if self._use is None:
            return True
        try:
            fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            cluster.shut_down(self.place)
            return True
        finally:
            self._use.close()
            self._use = None

    def let_go(self) -> None:
        """It ended without us: no longer count as somebody who uses it."""
        if self._use is not None:
            self._use.close()
            self._use = None

    def _discard(self) -> bool:
        cluster.shut_down(self.place)
        if self.throwaway_guard is not None:
            self.throwaway_guard.release()
            self.throwaway_guard = None
        remove_place(self.root)
        if self._use is not None:
            self._use.close()
            self._use = None
        return True


def _share(place: Place) -> IO[str]:
    """Hold a shared lock as long as we use the server; the system drops it even when we are killed."""
    use = open(place.base / "users.lock", "a")  # noqa: SIM115 - held open on purpose
    fcntl.flock(use, fcntl.LOCK_SH)
    return use
