"""One tree of expected failures. A message is looked up by `errors.<code>` in the reader's language.

AtriumError
├── Invalid            422  a field, its problem, the fix
├── Unauthenticated    401
├── Forbidden          403
│   ├── FeatureMissing 403  the plan does not have it
│   └── ReadOnly       403  a suspended tenant or an exceeded limit
├── NotFound           404
├── Conflict           409
│   └── VersionConflict
├── Gone               410
├── TooLarge           413
├── PreconditionRequired 428
├── QuotaExceeded      402
├── RateLimited        429
├── TenantMissing      500  our own mistake: work without a tenant
└── Unavailable        503
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field: `field` as the caller names it, `code` for `errors.<code>`, `params` for its text."""

    field: str
    code: str
    params: dict[str, Any] = dataclasses.field(default_factory=dict)


class AtriumError(Exception):
    """An expected failure with a stable machine `code`, an HTTP `status` and the `params` of its text."""

    code = "error"
    status = 500

    def __init__(self, code: str | None = None, **params: Any) -> None:
        self.code = code or type(self).code
        self.params = params
        super().__init__(f"{self.code} {params}" if params else self.code)


class Invalid(AtriumError):
    """Input that cannot be taken: every bad field at once."""

    code, status = "invalid", 422

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(fields=", ".join(p.field for p in problems))
        self.problems = tuple(problems)

    @classmethod
    def of(cls, field: str, code: str, **params: Any) -> "Invalid":
        """One bad field."""
        return cls([FieldProblem(field, code, params)])


class Unauthenticated(AtriumError):
    """Nobody we know, or no longer."""

    code, status = "unauthenticated", 401


class Forbidden(AtriumError):
    """Known, but not allowed; `permission` names what is missing."""

    code, status = "forbidden", 403


class FeatureMissing(Forbidden):
    """The tenant's plan does not include the feature."""

    code = "feature_missing"


class ReadOnly(Forbidden):
    """The tenant is suspended, or the object is beyond a limit of the plan."""

    code = "read_only"


class NotFound(AtriumError):
    """Not there, or another tenant's: the two are the same from outside."""

    code, status = "not_found", 404


class Conflict(AtriumError):
    """The state of things forbids it now."""

    code, status = "conflict", 409


class VersionConflict(Conflict):
    """Someone else saved first; `current` is the version in the database."""

    code = "version_conflict"


class Gone(AtriumError):
    """It was there: expired, used or revoked."""

    code, status = "gone", 410


class TooLarge(AtriumError):
    """More than we take at once."""

    code, status = "too_large", 413


class PreconditionRequired(AtriumError):
    """An update without `If-Match`."""

    code, status = "precondition_required", 428


class QuotaExceeded(AtriumError):
    """A limit of the plan: `limit` (name), `granted`, `used`, `upgrade` (next plan that grants more, or None)."""

    code, status = "usage_exceeded", 402


class RateLimited(AtriumError):
    """Too fast; `retry_after` in seconds."""

    code, status = "rate_limited", 429


class TenantMissing(AtriumError):
    """Tenant data was reached for without a tenant: a mistake of ours, never of the caller."""

    code, status = "tenant_missing", 500


class Unavailable(AtriumError):
    """Something we depend on is down or switched off; `retry_after` in seconds where known."""

    code, status = "unavailable", 503
