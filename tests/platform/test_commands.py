"""Commands: help on each, clear errors without a traceback, exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from enterprise_app.commands.checks import run_checks
from enterprise_app.core.settings import PROJECT_ROOT


def atrium(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as the launcher does."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("ATRIUM_", "DATABASE_", "REDIS_", "SMTP_"))}
    return subprocess.run(
        [sys.executable, "-m", "enterprise_app.cli", *arguments],
        cwd=PROJECT_ROOT,
        env={**kept, "PYTHONPATH": str(PROJECT_ROOT), "NO_COLOR": "1", "COLUMNS": "200", **settings},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "command",
    [
        "up", "test", "migrate", "worker", "doctor", "openapi", "bench", "demo", "import", "operator create",
        "audit verify",
    ],
)  # fmt: skip
def test_every_command_has_help(command: str) -> None:
    done = atrium(*command.split(), "--help")
    assert (done.returncode, "Usage" in done.stdout) == (0, True)


def test_a_typo_in_the_settings_is_an_error_without_traceback() -> None:
    done = atrium("migrate", ATRIUM_BASE_ULR="http://x")
    assert done.returncode == 1
    assert "ATRIUM_BASE_ULR is not a setting; did you mean ATRIUM_BASE_URL?" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_database_is_an_error_without_password(tmp_path: Path) -> None:
    url = "postgresql://u:geheim@127.0.0.1:1/db"
    done = atrium("migrate", DATABASE_URL=url, ATRIUM_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "database can't be reached" in done.stderr
    assert not {"Traceback", "geheim"} & set(done.stderr.replace(":", " ").split())


def test_unknown_names_are_answered_with_the_known_ones(tmp_path: Path) -> None:
    bench = atrium("bench", "nothing")
    assert (bench.returncode, "There are:" in bench.stderr) == (2, True)
    missing = atrium("import", str(tmp_path / "none"), "--format", "jsonl", "--tenant", "acme")
    assert (missing.returncode, "There is no file" in missing.stderr) == (2, True)


def test_doctor_names_what_is_wrong_with_its_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:geheim@127.0.0.1:1/db")
    bad = {finding.what: finding for finding in run_checks() if finding.state == "bad"}
    assert {"Redis", "mail", "database"} <= set(bad)
    assert all(finding.fix for finding in bad.values())
    assert "geheim" not in repr(bad)
