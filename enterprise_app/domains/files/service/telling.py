"""How files are named in the audit trail."""

from typing import Any

from enterprise_app.domains.audit.schemas import Target

from ..models import FileRow
from ..schemas import Holder


def target_of(file: FileRow) -> Target:
    """The file as the audit trail names it."""
    return Target(kind="file", id=file.id, name=file.name)


def summary_of(file: FileRow, holder: Holder) -> dict[str, Any]:
    """What is told of it: where it is, what it is, and the digest that proves its content."""
    return {
        "holder": f"{holder.kind} {holder.id}",
        "holder_name": holder.name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256.hex(),
    }
