"""Starts the whole platform as a user would, on a port and a data folder of its own, and reads what it prints."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
OPERATOR_LINK = re.compile(r"https?://\S+/setup\?\S+")


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Platform:
    """A running `./atrium up`: its port, its data folder, what it printed so far."""

    port: int
    data_dir: Path
    process: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None

    def host(self, slug: str | None = None) -> str:
        """The base URL of the platform, or of a tenant."""
        return f"http://{slug + '.' if slug else ''}atrium.localhost:{self.port}"

    def loopback(self) -> str:
        """The base URL for clients that don't resolve `*.localhost`."""
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        """All that it printed."""
        return "".join(self.lines)

    def operator_link(self) -> str:
        """The one-time link of the first start; once that is used, another one by the command, which ends it unused."""
        first, self.lines = self.output() or _printed_at_first(), []
        output = first if OPERATOR_LINK.search(first) else self.run("operator", "create").stdout
        found = OPERATOR_LINK.search(output)
        assert found, f"no operator link in:\n{output}"
        return found.group(0)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One process at a time: a new operator's link ends those that are not used yet."""
        with (self.data_dir / "journeys.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Another command beside the running platform."""
        return subprocess.run(
            ["./atrium", *arguments], cwd=ROOT, env=environment(self.data_dir, self.port), text=True,
            capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip

    def stop(self) -> int:
        """Ctrl-C, as a user would; returns the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=60)
        if self.reader is not None:
            self.reader.join(timeout=10)
        return code


def environment(data_dir: Path, port: int) -> dict[str, str]:
    """This environment without what would change the platform's behaviour."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ATRIUM_", "DATABASE_", "REDIS_", "SMTP_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"ATRIUM_DATA_DIR": str(data_dir), "ATRIUM_PORT": str(port), "NO_COLOR": "1", "COLUMNS": "200"}


def start_platform(data_dir: Path, *arguments: str, timeout: float = 420) -> Platform:
    """Runs `./atrium up --dev …` and waits until it is ready; raises with its output when it isn't."""
    port = free_port()
    process = subprocess.Popen(
        ["./atrium", "up", "--port", str(port), "--data-dir", str(data_dir), *arguments],
        cwd=ROOT, env=environment(data_dir, port), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    platform = Platform(port, data_dir, process)
    platform.reader = threading.Thread(target=_read, args=(platform,), daemon=True)
    platform.reader.start()
    _wait_until_ready(platform, time.monotonic() + timeout)
    return platform


def find_running() -> Platform | None:
    """A platform that runs already, by E2E_URL and E2E_DATA (its folder): while journeys are written, or one that
    several processes share."""
    url, data_dir = os.environ.get("E2E_URL"), os.environ.get("E2E_DATA", ".atrium")
    if not url:
        return None
    return Platform(urlsplit(url).port or 80, Path(data_dir).absolute())


def _printed_at_first() -> str:
    """What a shared platform printed when it started: for whoever asks first, as the link in it works once."""
    shared = Path(os.environ.get("E2E_PRINTED", "/nowhere"))
    mine = shared.with_suffix(f".{os.getpid()}")
    try:
        shared.rename(mine)
    except OSError:
        return ""
    return mine.read_text(encoding="utf-8")


def _read(platform: Platform) -> None:
    """Until the end of the output; the reader closes the pipe, nobody else touches it."""
    assert platform.process
    assert platform.process.stdout
    with platform.process.stdout as output:
        platform.lines.extend(iter(output.readline, ""))


def _wait_until_ready(platform: Platform, deadline: float) -> None:
    import httpx

    while time.monotonic() < deadline:
        if platform.process and platform.process.poll() is not None:
            raise AssertionError(f"atrium up ended with {platform.process.returncode}:\n{platform.output()}")
        try:
            if httpx.get(f"{platform.loopback()}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise AssertionError(f"atrium up was not ready in time:\n{platform.output()}")
