"""`./atrium up` as a user meets it: ready, refused twice, killed, started again, stopped."""

import json
import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from tests.e2e.platform import Platform, start_platform


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


def running(platform: Platform) -> list[int]:
    """The database, and what `up` started besides."""
    return [database_pid(platform), *map(int, recorded(platform)["groups"])]


def database_pid(platform: Platform) -> int:
    """The embedded server's process; 0 while there is none."""
    return _of_database(platform, 0)


def database_port(platform: Platform) -> int:
    """Where the embedded server listens; 0 while there is none."""
    return _of_database(platform, 3)


def _of_database(platform: Platform, line: int) -> int:
    try:
        return int((platform.data_dir / "pg" / "data" / "postmaster.pid").read_text().splitlines()[line])
    except (FileNotFoundError, IndexError):
        return 0


def register(platform: Platform) -> dict[str, str]:
    """A tenant with its owner; the headers of the owner's calls."""
    person = {"email": "ada@acme.example", "password": "correct horse battery staple"}
    tenant = {"name": "Acme", "slug": "acme", "owner_name": "Ada"}
    httpx.post(f"{platform.loopback()}/api/v1/tenants/register", json=tenant | person, timeout=20).raise_for_status()
    token = httpx.post(f"{platform.loopback()}/api/v1/auth/token", json=person, timeout=20).raise_for_status().json()
    return {"Authorization": f"Bearer {token['access_token']}"}


def test_kills_are_survived_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    platform = start_platform(tmp_path / "data", "--dev")  # the journeys' build of the pages
    try:
        until(lambda: "/setup?" in platform.output())
        owner = register(platform)
        _second_starts_are_refused(platform)
        kept = _children_come_back(platform, owner)
        pids = running(platform)
        os.kill(recorded(platform)["pid"], signal.SIGKILL)
        assert platform.process
        platform.process.wait(10)
    finally:
        platform.stop()
    again = start_platform(tmp_path / "data", "--dev", timeout=60)
    try:
        assert not any(psutil.pid_exists(pid) for pid in pids[1:]), "only the database outlives `up`"
        answer = httpx.get(f"{again.loopback()}/api/v1/campaigns", headers=owner, timeout=20).raise_for_status()
        assert {row["name"] for row in answer.json()["items"]} == kept
        kill(again, database_pid(again))
        _a_taken_port_is_left(again, owner)
        pids = running(again)
    finally:
        code = again.stop()
    assert code == 0, again.output()
    assert not any(psutil.pid_exists(pid) for pid in pids), again.output()
    for ended in (platform, again):
        assert ended.reader
        until(lambda reader=ended.reader: not reader.is_alive())  # nobody holds its output any more


def _second_starts_are_refused(platform: Platform) -> None:
    same = platform.run("up", "--port", str(platform.port + 1), "--data-dir", str(platform.data_dir))
    assert same.returncode == 1
    assert "already runs" in same.stderr
    other = platform.run("up", "--port", str(platform.port), "--data-dir", str(platform.data_dir.parent / "other"))
    assert other.returncode == 1
    assert f"Port {platform.port} is in use" in other.stderr
    assert "--port" in other.stderr


def _children_come_back(platform: Platform, owner: dict[str, str]) -> set[str]:
    """Each part is killed right after it accepted something; returns what was accepted."""
    accepted = set()
    for pid in running(platform):
        accepted.add(name := f"Accepted before {pid} was killed")
        campaign = {"name": name, "objective": "sales"}
        httpx.post(f"{platform.loopback()}/api/v1/campaigns", json=campaign, headers=owner).raise_for_status()
        kill(platform, pid)
    return accepted


def _a_taken_port_is_left(platform: Platform, owner: dict[str, str]) -> None:
    """While the database is away, another program takes its port: it comes back at another, and everybody follows."""
    old, up, pid = database_port(platform), psutil.Process(recorded(platform)["pid"]), database_pid(platform)
    up.suspend()
    try:
        os.kill(pid, signal.SIGKILL)
        taken = until_bound(old)
    finally:
        up.resume()
    with taken:
        until(lambda: database_port(platform) not in {0, old})
        until(lambda: ready(platform))
        httpx.get(f"{platform.loopback()}/api/v1/campaigns", headers=owner, timeout=20).raise_for_status()


def until_bound(port: int) -> socket.socket:
    """Listens there as soon as the one who did is gone."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def kill(platform: Platform, pid: int) -> None:
    """kill -9 of one part; returns when `up` has put another one in its place."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not {0, pid} & set(running(platform)))
    until(lambda: ready(platform))
