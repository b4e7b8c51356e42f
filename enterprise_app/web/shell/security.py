"""The response headers of every page: a content policy without eval and without inline scripts of others."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

_INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.S)
FIXED = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)


class ContentPolicy:
    """Content-Security-Policy by document: the inline scripts of the build are allowed by their hash.

    `form_targets` are the hosts that signing in may hand over to (a browser checks redirects of forms, too).
    """

    def __init__(self, static_dir: Path, form_targets: str) -> None:
        self._static = static_dir
        self._form_targets = form_targets
        self._of_document = cache(self._policy)

    def header(self, path: str) -> bytes:
        """The policy for the page at `path`; kept for each document, never for each path that somebody asks for."""
        return self._of_document(self._document(path))

    def _policy(self, document: Path | None) -> bytes:
        hashes = " ".join(self._hashes(document))
        return (
            f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
            f"object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {self._form_targets}"
        ).encode()

    def _hashes(self, file: Path | None) -> list[str]:
        bodies = _INLINE.findall(file.read_text(encoding="utf-8")) if file else []
        return sorted({_sha256(body) for body in bodies})

    def _document(self, path: str) -> Path | None:
        """The file that the static mount answers with: the page's, else the shell for dynamic routes."""
        name = path.strip("/")
        root = self._static.resolve()
        for candidate in (root / name / "index.html", root / f"{name}.html", root / "404.html"):
            if _is_file(candidate) and candidate.resolve().is_relative_to(root):
                return candidate
        return None


def _is_file(path: Path) -> bool:
    """Whether it is one; a name that no file can have (too long, say) is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _sha256(body: str) -> str:
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    return f"'sha256-{digest}'"
