"""`./atrium up` as a user meets it: ready, refused twice, killed, started again, stopped."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.e2e.platform import Platform, start_platform

pytestmark = pytest.mark.slow


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def ready(platform: Platform) -> bool:
    """Whether the platform answers."""
    try:
        with urllib.request.urlopen(f"{platform.loopback()}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def recorded(platform: Platform) -> dict:
    """What `up` noted about its processes."""
    return json.loads((platform.data_dir / "up.json").read_text())


def database_pid(platform: Platform) -> int:
    """The embedded server's process."""
    return int((platform.data_dir / "pg" / "data" / "postmaster.pid").read_text().splitlines()[0])


def test_kills_are_survived_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    platform = start_platform(tmp_path / "data")
    try:
        until(lambda: "/setup?" in platform.output())
        _second_starts_are_refused(platform)
        _children_come_back(platform)
        pids = [*map(int, recorded(platform)["groups"]), database_pid(platform)]
        os.kill(recorded(platform)["pid"], signal.SIGKILL)
        assert platform.process
        platform.process.wait(10)
    finally:
        platform.stop()
    again = start_platform(tmp_path / "data", timeout=60)
    assert not any(psutil.pid_exists(pid) for pid in pids[:-1])
    pids = [*map(int, recorded(again)["groups"]), database_pid(again)]
    assert again.stop() == 0, again.output()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    for ended in (platform, again):
        assert ended.process
        assert ended.process.stdout
        until(lambda output=ended.process.stdout: not output.readable() or output.read() == "")
        ended.process.stdout.close()


def _second_starts_are_refused(platform: Platform) -> None:
    same = platform.run("up", "--port", str(platform.port + 1), "--data-dir", str(platform.data_dir))
    assert same.returncode == 1
    assert "already runs" in same.stderr
    other = platform.run("up", "--port", str(platform.port), "--data-dir", str(platform.data_dir.parent / "other"))
    assert other.returncode == 1
    assert f"Port {platform.port} is in use" in other.stderr
    assert "--port" in other.stderr


def _children_come_back(platform: Platform) -> None:
    for pid in [database_pid(platform), *map(int, recorded(platform)["groups"])]:
        os.kill(pid, signal.SIGKILL)
        until(lambda gone=pid: not psutil.pid_exists(gone) or psutil.Process(gone).status() == psutil.STATUS_ZOMBIE)
        until(lambda: ready(platform))
