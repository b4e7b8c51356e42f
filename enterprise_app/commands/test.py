"""`atrium test`: style, types, contracts, tests and browser journeys, with one summary at the end."""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
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
TOGETHER = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
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
    if full:
        os.environ["TEST_FULL"] = "1"
    with ThreadPoolExecutor(1) as aside:  # types take one processor for half a minute, and many tests wait
        checking = [] if partial else [aside.submit(_run, step) for step in CHECKS]
        outcomes = _run_pytest(full, keyword, arguments or [], require_browser())
    checks = [_told(check.result()) for check in checking]
    passed = checks.count(True) + sum(outcome.passed for outcome in outcomes)
    failed = checks.count(False) + sum(outcome.failed for outcome in outcomes)
    broken = failed or any(outcome.code for outcome in outcomes)
    out.print(f"{passed} passed, {failed} failed")
    raise typer.Exit(1 if broken else 0)


@dataclass(frozen=True)
class Checked:
    """How one check ended: what it printed where it failed, and how long it took."""

    step: Step
    passed: bool
    printed: str
    seconds: float


def _run(step: Step) -> Checked:
    began = time.monotonic()
    program, *options = step.command
    done = subprocess.run(
        [str(SCRIPTS / program), *options], cwd=ROOT, env=_environment(), capture_output=True, text=True
    )
    passed = done.returncode == 0
    return Checked(step, passed, "" if passed else done.stdout + done.stderr, time.monotonic() - began)


def _told(check: Checked) -> bool:
    """Say how it went; whether it passed."""
    if check.printed:
        out.print(check.printed, markup=False)
    say(f"{check.step.name:<10} {'passed' if check.passed else 'FAILED'} in {check.seconds:.0f} s")
    return check.passed


def _run_pytest(full: bool, keyword: str | None, arguments: list[str], browser: str) -> "list[Outcome]":
    """Two processes for the tests, then two for the journeys, which share one platform.

    The order is that of tests/conftest.py, longest first: else one process is left alone with them at the end.
    """
    chosen = [*([] if full else ["-m", "not slow"]), *(["-k", keyword] if keyword else [])]
    if arguments:
        return [_pytest([*arguments, *chosen], browser)]
    outcomes = [_pytest(["tests", "--ignore=tests/e2e", *TOGETHER, *chosen], browser)]
    if list((ROOT / "tests" / "e2e").glob("test_*.py")):
        say("Browser journeys")
        together = [] if keyword else TOGETHER  # a few don't need a platform before it is known that there are any
        outcomes.append(_pytest(["tests/e2e", *together, "-p", "no:randomly", *chosen], browser))
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
