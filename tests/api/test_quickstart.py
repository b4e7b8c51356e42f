"""The quick start of the README, run as it stands there, with curl against a real server."""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SECTION = re.compile(r"<!-- quickstart -->\s*```bash\n(.*?)```\s*<!-- /quickstart -->", re.DOTALL)


def quickstart() -> str:
    """The lines between the markers of the README."""
    found = _SECTION.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert found is not None, "the README has no quick start between its markers"
    return found[1]


def test_the_quick_start_works_as_written(served: str) -> None:
    script = "set -euo pipefail\n" + quickstart().replace("\ncurl ", "\necho; curl ")
    done = subprocess.run(
        ["bash", "-c", script], env=os.environ | {"ATRIUM": served}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    registered, campaign, tracked, overview = answers
    assert registered["slug"] == "acme"
    assert (campaign["name"], campaign["status"], campaign["version"]) == ("Spring launch", "draft", 1)
    assert (tracked["accepted"], tracked["rejected"]) == (1, 0)
    assert overview["current"]["totals"]["events"] == 1, overview
