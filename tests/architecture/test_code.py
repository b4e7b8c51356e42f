"""What the import contracts can't say: who commits, who looks across tenants, doors between domains, sizes of files."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from enterprise_app.core.db import SYSTEM_MODULES
from enterprise_app.registry import DOMAINS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "enterprise_app"
MAX_FILE, MAX_FUNCTION = 500, 60

COMMITTING = {"core/db.py", "core/migrate.py"}
"""The only files that end transactions: sessions, and the lock of migrations."""

LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
"""Exceptions from the sizes, with their length now. These lists may only shrink."""

DOORS = {"service", "schemas", "events", "errors", "vocabulary"}
"""What other domains may import of a domain."""


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(), str(file))


def _files() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if "__pycache__" not in file.parts)


def _name(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _calls(file: Path, name: str) -> Iterator[int]:
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Call):
            called = node.func
            if (isinstance(called, ast.Attribute) and called.attr == name) or (
                isinstance(called, ast.Name) and called.id == name
            ):
                yield node.lineno


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--config", ".importlinter", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_only_sessions_commit() -> None:
    found = {f"{_name(file)}:{line}" for file in _files() for line in _calls(file, "commit")}
    assert {place for place in found if place.rpartition(":")[0] not in COMMITTING} == set()


def test_only_the_pinned_modules_look_across_tenants() -> None:
    """SYSTEM_MODULES names exactly those that open system sessions: no more, and the list grows on purpose."""
    users = {_module(file) for file in _files() if any(_calls(file, "system_session"))} - {"enterprise_app.core.db"}
    used = {entry for entry in SYSTEM_MODULES for user in users if user == entry or user.startswith(entry + ".")}
    strangers = {user for user in users if not any(user == e or user.startswith(e + ".") for e in SYSTEM_MODULES)}
    assert strangers == set()
    assert set(SYSTEM_MODULES) - used == set(), "entries without a use"


def test_every_domain_is_registered() -> None:
    folders = {f.name for f in (PACKAGE / "domains").iterdir() if f.is_dir() and (f / "manifest.py").exists()}
    others = {f.name for f in (PACKAGE / "domains").iterdir() if f.is_dir() and any(f.glob("*.py"))} - folders
    assert {domain.name for domain in DOMAINS} == folders
    assert others == set(), "folders without a manifest"
    assert len(DOMAINS) == len(folders)


def test_domains_enter_by_the_doors() -> None:
    broken = []
    for file in sorted((PACKAGE / "domains").rglob("*.py")):
        own = file.relative_to(PACKAGE / "domains").parts[0]
        for imported, line in _imported(file):
            parts = imported.split(".")
            if (
                parts[:2] == ["enterprise_app", "domains"]
                and len(parts) > 3
                and parts[2] != own
                and parts[3] not in DOORS
            ):
                broken.append(f"{_name(file)}:{line} imports {imported}")
    assert broken == []


def _imported(file: Path) -> Iterator[tuple[str, int]]:
    """Absolute names, also of `from enterprise_app.domains.x import y`."""
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def _functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{_name(file)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_and_functions_stay_small() -> None:
    long_files = {_name(f): n for f in _files() if (n := len(f.read_text().splitlines())) > MAX_FILE}
    long_functions = {name: n for file in _files() for name, n in _functions(file) if n > MAX_FUNCTION}
    assert _grown(long_files, LONG_FILES) == {}
    assert _grown(long_functions, LONG_FUNCTIONS) == {}
    assert set(LONG_FILES) - set(long_files) | set(LONG_FUNCTIONS) - set(long_functions) == set(), "shrunk: take it off"


def _grown(found: dict[str, int], known: dict[str, int]) -> dict[str, int]:
    return {name: length for name, length in found.items() if length > known.get(name, 0)}


@pytest.mark.parametrize("file", _files(), ids=_name)
def test_a_module_says_what_it_is_for(file: Path) -> None:
    assert file.read_text().strip() == "" or ast.get_docstring(_tree(file)), "a module opens with a line or two"
