"""`atrium test`: style, types, contracts, tests and browser journeys, with one summary at the end."""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import typer

from .browser import require_browser
from .terminal import out, say

SCRIPTS = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Step:
    """One check besides the tests; it counts as one test in the closing line."""

    name: str
    command: tuple[str, ...]


COUNTS = (("tests",), ("failures", "errors"), ("skipped",))
NOTHING_SELECTED = 5  # pytest's exit code when no test matched
CHECKS = (
    Step("style", ("ruff", "check", ".")),
    Step("types", ("pyright",)),
    Step("contracts", ("lint-imports",)),
)


def test(
    full: bool = typer.Option(False, "--full", help="Also tests marked `slow` (much data), and more cases."),
    keyword: str | None = typer.Option(
        None, "-k", help="Only tests whose names match; skips style, types and contracts."
    ),
    arguments: list[str] | None = typer.Argument(None, help="Files, or options for pytest after `--`."),
) -> None:
    """Run everything; the exit code is 0 when all passed."""
    partial = bool(keyword or arguments)
    checks = [] if partial else [_run(step) for step in CHECKS]
    if full:
        os.environ["TEST_FULL"] = "1"
    outcomes = _run_pytest(full, keyword, arguments or [], require_browser())
    passed = checks.count(True) + sum(outcome.passed for outcome in outcomes)
    failed = checks.count(False) + sum(outcome.failed for outcome in outcomes)
    broken = failed or any(outcome.code for outcome in outcomes)
    out.print(f"{passed} passed, {failed} failed")
    raise typer.Exit(1 if broken else 0)


def _run(step: Step) -> bool:
    began = time.monotonic()
    program, *options = step.command
    done = subprocess.run(
        [str(SCRIPTS / program), *options], cwd=ROOT, env=_environment(), capture_output=True, text=True
    )
    if done.returncode != 0:
        out.print(done.stdout + done.stderr, markup=False)
    say(f"{step.name:<10} {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s")
    return done.returncode == 0


def _run_pytest(full: bool, keyword: str | None, arguments: list[str], browser: str) -> "list[Outcome]":
    """Two processes for most tests; the journeys share one platform, so they run in one process of their own."""
    chosen = [*([] if full else ["-m", "not slow"]), *(["-k", keyword] if keyword else [])]
    if arguments:
        return [_pytest([*arguments, *chosen], browser)]
    outcomes = [_pytest(["tests", "--ignore=tests/e2e", "-n", "2", "--dist", "loadfile", *chosen], browser)]
    if list((ROOT / "tests" / "e2e").glob("test_*.py")):
        say("Browser journeys")
        outcomes.append(_pytest(["tests/e2e", "-p", "no:randomly", *chosen], browser))
    return outcomes


@dataclass(frozen=True)
class Outcome:
    """How one run of pytest ended."""

    code: int
    passed: int
    failed: int


def _pytest(arguments: list[str], browser: str) -> "Outcome":
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *arguments]
        code = subprocess.run(command, cwd=ROOT, env={**_environment(), "CHROMIUM_PATH": browser}).returncode
        if not report.exists():
            return Outcome(code or 1, 0, 1)
        suites = ElementTree.parse(report).getroot().findall("testsuite")
    total, bad, skipped = (sum(int(s.get(n, 0)) for s in suites for n in names) for names in COUNTS)
    return Outcome(0 if code == NOTHING_SELECTED and "-k" in arguments else code, total - bad - skipped, bad)


def _environment() -> dict[str, str]:
    path = f"{SCRIPTS}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
