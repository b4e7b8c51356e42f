"""The processes that `atrium up` looks after: each in a group of its own, restarted with a growing pause."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from enterprise_app.core.embedded.guard import Guard, guard_group

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HEALTHY_AFTER = 30.0  # seconds of life after which the next crash counts as the first again


class Child:
    """One supervised process. Its whole group ends with it, and with us, even when we are killed."""

    def __init__(self, name: str, command: list[str], folder: Path, environment: Callable[[], dict[str, str]]) -> None:
        self.name = name
        self._command, self._folder, self._environment = command, folder, environment
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: Guard | None = None
        self._started = self._restart_at = 0.0
        self._pause = FIRST_PAUSE

    @property
    def pid(self) -> int | None:
        """The process id, also that of its group; None before the first start."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it now."""
        self._process = subprocess.Popen(
            self._command, cwd=self._folder, env=self._environment(), stdin=subprocess.DEVNULL, start_new_session=True
        )
        self._guard = guard_group(self._process.pid)
        self._started, self._restart_at = time.monotonic(), 0.0

    def look_after(self, say: Callable[[str], None]) -> None:
        """Notice an end, and start again when the pause is over; call it often."""
        now = time.monotonic()
        if self._restart_at and now >= self._restart_at:
            self.start()
        elif self._process and not self._restart_at and self._process.poll() is not None:
            self._pause = FIRST_PAUSE if now - self._started > HEALTHY_AFTER else min(self._pause * 2, LONGEST_PAUSE)
            self._restart_at = now + self._pause
            say(f"The {self.name} process {ending(self._process.returncode)}; starting it again in {self._pause:g} s")
            self._end_group()

    def stop(self, patience: float) -> bool:
        """SIGTERM, then SIGKILL to whatever is left of the group; whether it ended by itself in time."""
        if self._process is None:
            return True
        polite = True
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                polite = False
        self._end_group()
        self._process.wait()
        return polite

    def _end_group(self) -> None:
        assert self._process is not None
        end_group(self._process.pid)
        if self._guard is not None:
            self._guard.release()
            self._guard = None


def end_group(group: int) -> None:
    """Kill what is left of a process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
