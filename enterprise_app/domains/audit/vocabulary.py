"""The closed words of an audit entry; its verbs are in `core.vocabulary.audit_verbs`."""

from enum import StrEnum


class Outcome(StrEnum):
    """How the act ended: done, not allowed, or tried and failed."""

    FAILURE = "failure"
    REFUSED = "refused"
    SUCCESS = "success"


class Break(StrEnum):
    """What is wrong with a chain at one place."""

    CHANGED = "changed"
    DELETED = "deleted"
    HEAD = "head"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TRUNCATED = "truncated"


class ExportFormat(StrEnum):
    """File formats of an export."""

    CSV = "csv"
    JSONL = "jsonl"
