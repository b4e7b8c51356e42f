"""Expected failures of files."""

from enterprise_app.core.errors import NotFound, TooLarge

from .vocabulary import MAX_FILE_BYTES


class AttachmentNotFound(NotFound):
    """No such file at this holder; another holder's or another tenant's is the same from outside."""

    code = "file_not_found"


def too_large() -> TooLarge:
    """413: more than one file may have, `max_mb` millions of bytes."""
    return TooLarge("file_too_large", max_mb=MAX_FILE_BYTES // 1_000_000)
