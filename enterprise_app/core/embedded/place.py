"""Where a cluster lives on disk, and the little that must be remembered between starts (port and password)."""

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .errors import EmbeddedError
from .owner import HOME, Owner


@dataclass(frozen=True)
class Place:
    """The folder of one cluster: `data/`, `server.log`, `server.json` (0600), `users.lock`."""

    base: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        """What the server wrote since it was started last."""
        return self.base / "server.log"

    @property
    def state_file(self) -> Path:
        """Port and password of the superuser, readable by the owner only."""
        return self.base / "server.json"

    def initialised(self) -> bool:
        """Whether a complete cluster is here (initdb writes into a temporary folder first)."""
        return (self.data / "PG_VERSION").exists()

    def major(self) -> int:
        """The major version that wrote the data."""
        return int((self.data / "PG_VERSION").read_text().strip())

    def state(self) -> dict[str, str | int]:
        """The remembered port and password; an empty dict before the first start."""
        try:
            return json.loads(self.state_file.read_text())
        except FileNotFoundError:
            return {}
        except PermissionError as error:
            raise EmbeddedError(f"{self.state_file} belongs to another user; run the command as that user.") from error
        except ValueError as error:
            raise EmbeddedError(f"{self.state_file} is damaged; restore it from a backup of this folder.") from error

    def remember(self, **changes: str | int) -> None:
        """Store values in the state file, atomically and with mode 0600."""
        fresh = self.state_file.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({**self.state(), **changes}, file)
        if self.state_file.exists():  # root working on somebody's cluster must leave it theirs
            os.chown(fresh, self.state_file.stat().st_uid, self.state_file.stat().st_gid)
        fresh.rename(self.state_file)

    def password(self) -> str:
        """The superuser's password, made up on first use."""
        known = self.state().get("password")
        if not known and self.initialised():
            raise EmbeddedError(f"{self.state_file} with the database's password is missing; restore it from a backup.")
        if not known:
            known = secrets.token_urlsafe(32)
            self.remember(password=known)
        return str(known)

    def admin_url(self, port: int) -> str:
        """The superuser's URL."""
        return f"postgresql://postgres:{quote(self.password(), safe='')}@127.0.0.1:{port}/postgres"


def find_place(root: Path) -> Place:
    """The place of the cluster that `root` names, resolved through its link if it has one."""
    return Place(root.resolve() if root.is_symlink() else root.absolute())


def prepare_place(root: Path, owner: Owner, *, throwaway: bool = False) -> Place:
    """Make the folders. A dedicated user can't enter a 0700 parent, so its cluster lives under /var/lib/atrium."""
    if root.is_dir() and not root.is_symlink() and not any(root.iterdir()):
        root.rmdir()
    if owner.uid is None or root.exists():
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return find_place(root)
    if root.is_symlink():  # the folder it pointed to is gone: start anew
        root.unlink()
    home = HOME / f"{'tmp-' if throwaway else ''}{secrets.token_hex(6)}"
    home.mkdir(parents=True, mode=0o711)
    os.chmod(HOME, 0o755)
    os.chmod(home, 0o711)
    root.parent.mkdir(parents=True, exist_ok=True)
    root.symlink_to(home)
    return Place(home)


def remove_place(root: Path) -> None:
    """Delete a cluster with everything in it."""
    place = find_place(root)
    shutil.rmtree(place.base, ignore_errors=True)
    if root.is_symlink():
        root.unlink(missing_ok=True)
