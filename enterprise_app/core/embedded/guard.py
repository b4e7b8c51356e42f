"""Ties a child to the life of this process, kill -9 included: a shell waits on a pipe that only we hold open."""

import subprocess
from pathlib import Path

KILL_AND_REMOVE = 'read _; kill -QUIT "$1" 2>/dev/null; sleep 1; rm -rf "$2"'
KILL_GROUP = 'read _; kill -TERM "-$1" 2>/dev/null; sleep 8; kill -KILL "-$1" 2>/dev/null'


class Guard:
    """While it is armed, the end of this process runs the script. `release()` disarms it."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", script, "sh", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    def release(self) -> None:
        """Disarm: the guarded process ended properly."""
        self._shell.kill()
        self._shell.wait()
        if self._shell.stdin:
            self._shell.stdin.close()


def guard_throwaway(pid: int, folder: Path) -> Guard:
    """End a test's server and delete its data when the test process is gone."""
    return Guard(KILL_AND_REMOVE, str(pid), str(folder))


def guard_group(group: int) -> Guard:
    """End a process group when this process is gone."""
    return Guard(KILL_GROUP, str(group))
