"""`atrium worker`: one more worker process, e.g. on another machine."""

import os
import sys


def worker() -> None:
    """Run a worker (events, jobs, schedules) in the foreground until Ctrl-C. `atrium up` starts one by itself."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "enterprise_app.worker"])
