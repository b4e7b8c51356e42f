"""Builds the front end when its sources changed: `python -m enterprise_app.web.build [--force]`.

Catalogues become JSON, Reflex compiles pages to React, Vite bundles them into .web/build/client. A stamp with the
hash of everything that goes in lets an unchanged second start skip all of it.
"""

import argparse
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from enterprise_app.core.settings import load_settings
from enterprise_app.core.texts import LOCALES, i18next_catalogue

ROOT = Path(__file__).resolve().parents[2]
STAMP = ROOT / ".web" / "atrium.stamp"
OUTPUT = ROOT / ".web" / "build" / "client"
LOCK = ROOT / ".atrium" / "build.lock"
_SOURCES = ("rxconfig.py", "uv.lock", "reflex.lock", "assets", "enterprise_app")
_SUFFIXES = {".css", ".js", ".jsx", ".json", ".lock", ".po", ".py", ".svg", ".woff2"}
SERVE_ENVIRONMENT = {
    "REFLEX_USE_NPM": "1",
    "REFLEX_ENV_MODE": "prod",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}
"""What the web process needs, besides the settings, to serve the build without compiling again."""


def source_hash() -> str:
    """A digest of everything the build depends on; generated catalogues are left out, their .po files are in."""
    digest = hashlib.sha256(sys.version.encode() + str(load_settings().dev).encode())
    for file in _files():
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files() -> Iterable[Path]:
    found = set()
    for source in _SOURCES:
        path = ROOT / source
        found |= {path} if path.is_file() else set(path.rglob("*"))
    generated = ROOT / "assets" / "locales"
    wanted = (f for f in found if f.suffix in _SUFFIXES and f.is_file() and not f.is_relative_to(generated))
    return sorted(f for f in wanted if f.suffix != ".py" or _shapes_pages(f.relative_to(ROOT).parts))


def _shapes_pages(parts: tuple[str, ...]) -> bool:
    """Whether a module can change a page: services and routes can't, shapes and vocabularies can."""
    if parts[:2] == ("enterprise_app", "domains"):
        return parts[-1] in ("schemas.py", "vocabulary.py")
    aside = [("enterprise_app", name) for name in ("bench", "commands", "http")]
    return parts[:2] not in aside and parts[-1] not in ("cli.py", "edge.py", "worker.py")


def is_current() -> bool:
    """Whether the build on disk was made from these sources."""
    return (OUTPUT / "404.html").exists() and STAMP.exists() and STAMP.read_text() == source_hash()


def write_catalogues() -> None:
    """assets/locales/<language>/translation.json from locales/<language>/*.po."""
    for locale in LOCALES:
        target = ROOT / "assets" / "locales" / locale / "translation.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(i18next_catalogue(locale), ensure_ascii=False, indent=0)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def build(say: Callable[[str], None] = print, *, force: bool = False) -> bool:
    """Build unless the build is current; whether it did. Raises RuntimeError with the last lines of a failed run."""
    with _one_at_a_time():
        write_catalogues()
        if not force and is_current():
            return False
        stamp, start = source_hash(), time.monotonic()
        STAMP.unlink(missing_ok=True)
        say("Building the pages (about a minute the first time)")
        _run_reflex(say)
        STAMP.write_text(stamp)
        say(f"Pages built in {time.monotonic() - start:.0f} s")
    return True


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two starts from one checkout would write into the same folder; the second finds what the first has built."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system lets go of it when we are killed
        yield


def _run_reflex(say: Callable[[str], None]) -> None:
    """Reflex's export in a process of its own: it holds 1 GiB that the web process must not keep."""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "REFLEX_USE_NPM": "1", "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment.pop("__REFLEX_SKIP_COMPILE", None)
    command = [str(scripts / "reflex"), "export", "--no-zip", "--frontend-only", "--loglevel", "info"]
    lines: list[str] = []
    with subprocess.Popen(  # noqa: S603 - our own interpreter's reflex
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            for phase in ("Initializing", "Compiling", "Creating Production Build"):
                if line.startswith(phase) and not any(earlier.startswith(phase) for earlier in lines[:-1]):
                    say(f"  {phase}")
    if process.returncode != 0:
        raise RuntimeError("building the pages failed:\n" + "\n".join(lines[-40:]))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Build the front end when its sources changed.")
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    try:
        built = build(lambda text: print(text, flush=True), force=parser.parse_args().force)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print("The pages are built." if built else "The pages are up to date.", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
