"""A settings file with a typo stops the commands at once: the line, the problem, the nearest name, exit code 1."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enterprise_app.core.settings import PROJECT_ROOT

FILE = """\
# our installation
ATRIUM_PROT=8001
ATRIUM_LOG_LEVEL=loud
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, because the settings file lies beside it."""
    folder = tmp_path_factory.mktemp("installation")
    ignored = shutil.ignore_patterns("bench", "web")
    shutil.copytree(PROJECT_ROOT / "enterprise_app", folder / "enterprise_app", ignore=ignored)
    (folder / ".env").write_text(FILE)
    return folder


@pytest.mark.parametrize("command", [["doctor"], ["up", "--port", "8741"], ["migrate"], ["worker"]])
def test_a_typo_is_named_with_line_and_nearest_name(installation: Path, command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ATRIUM_", "DATABASE_"))}
    done = subprocess.run(
        [sys.executable, "-m", "enterprise_app.cli", *command], cwd=installation, text=True, capture_output=True,
        env=environment | {"PYTHONPATH": str(installation), "NO_COLOR": "1", "COLUMNS": "250"}, timeout=60,
    )  # fmt: skip
    told = done.stdout + done.stderr
    assert done.returncode == 1, told
    assert "Traceback" not in told
    for part in (".env", "2", "ATRIUM_PROT", "did you mean ATRIUM_PORT?", "3", "ATRIUM_LOG_LEVEL", "warning"):
        assert part in told, f"{part!r} is not in:\n{told}"
    assert not (installation / ".atrium").exists(), "a refused start must leave nothing behind"
