"""Who may run the server: PostgreSQL refuses root, so as root we drop to a dedicated system user."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import EmbeddedError

DEDICATED_USER = "atrium"
HOME = Path("/var/lib/atrium")


@dataclass(frozen=True)
class Owner:
    """The system user a server runs as; `uid is None` means the current user."""

    uid: int | None = None
    gid: int | None = None

    def process_options(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make a child run as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def owner_for(data: Path) -> Owner:
    """Who must run the cluster in `data`: whoever owns it already, otherwise ourselves or the dedicated user."""
    if os.geteuid() != 0:
        _refuse_foreign(data)
        return Owner()
    if data.exists() and data.stat().st_uid != 0:
        return Owner(data.stat().st_uid, data.stat().st_gid)
    return _dedicated()


def _refuse_foreign(data: Path) -> None:
    try:
        foreign = data.exists() and data.stat().st_uid != os.geteuid()
    except PermissionError:
        foreign = True
    if foreign:
        raise EmbeddedError(
            f"The database in {data} belongs to another user. "
            "Run the command as that user (or as root), or choose another folder with --data-dir."
        )


def _dedicated() -> Owner:
    found = _find_user()
    if found is None:
        _create_user()
        found = _find_user()
    if found is None:
        raise EmbeddedError(
            f"PostgreSQL does not run as root and the system user '{DEDICATED_USER}' could not be created. "
            f"Create it (useradd --system {DEDICATED_USER}), run as an ordinary user, or set DATABASE_URL."
        )
    return Owner(found.pw_uid, found.pw_gid)


def _find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(DEDICATED_USER)
    except KeyError:
        return None


def _create_user() -> None:
    useradd, adduser = shutil.which("useradd", path=_SBIN), shutil.which("adduser", path=_SBIN)
    shell = shutil.which("nologin", path=_SBIN) or "/bin/false"
    if useradd:
        command = [
            useradd,
            "--system",
            "--user-group",
            "--no-create-home",
            "-d",
            str(HOME),
            "-s",
            shell,
            DEDICATED_USER,
        ]
    elif adduser:  # busybox
        command = [adduser, "-S", "-D", "-H", "-h", str(HOME), "-s", shell, DEDICATED_USER]
    else:
        return
    # Two starts at once may both try; the loser's failure doesn't matter, the caller looks again.
    subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)


_SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
