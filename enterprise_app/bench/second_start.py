"""How long the second `./atrium up` takes: from the command to a ready platform."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from enterprise_app.bench import Row, benchmark
from enterprise_app.core.settings import PROJECT_ROOT

BAR = 10.0
FIRST_PATIENCE = 400


@benchmark("up")
def second_start() -> list[Row]:
    """`./atrium up` for the second time, everything built: under 10 s until /health/ready."""
    with tempfile.TemporaryDirectory(prefix="atrium-bench-") as folder:
        first = _start_and_stop(Path(folder) / "data")
        second = _start_and_stop(Path(folder) / "data")
    what = f"./atrium up, second time (the first took {first:.1f} s)"
    return [Row(what, f"{second:.1f} s", f"< {BAR:.0f} s", second / BAR, second < BAR)]


def _start_and_stop(data_dir: Path) -> float:
    port = _free_port()
    command = [str(PROJECT_ROOT / "atrium"), "up", "--port", str(port), "--data-dir", str(data_dir)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ATRIUM_", "DATABASE_"))}
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        while not _ready(port):
            if process.poll() is not None or time.monotonic() - began > FIRST_PATIENCE:
                raise RuntimeError("./atrium up did not become ready; run it by hand to see why")
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
