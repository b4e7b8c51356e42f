"""Who is asking, for which tenant, with which rights: built only in `edge`, passed explicitly to every use case."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from enterprise_app.core.errors import FeatureMissing, Forbidden, TenantMissing
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Entitlements, Feature, Limit
from enterprise_app.core.vocabulary.permissions import Permission

PLATFORM_TENANT_ID = UUID(int=0)
"""The operator's own tenant: its audit chain and events are the platform's."""


class ActorKind(StrEnum):
    """What kind of someone acts."""

    ANONYMOUS = "anonymous"
    API_KEY = "api_key"
    GUEST = "guest"
    JOB = "job"
    MEMBER = "member"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `id` is the member's, key's or account's; None for anonymous visitors and jobs."""

    kind: ActorKind
    id: UUID | None = None
    name: str = ""
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """One actor in one tenant for one request, event or job.

    `zone` is an IANA name; `locale` one of LOCALES, or "" on the platform's pages before the browser is asked;
    `week_start` the tenant's, 1 = Monday … 7 = Sunday, None where no tenant says so.
    """

    tenant_id: UUID
    actor: Actor
    permissions: frozenset[Permission] = frozenset()
    entitlements: Entitlements = field(default_factory=Entitlements)
    locale: str = "en"
    zone: str = "UTC"
    week_start: int | None = None
    request_id: str = ""
    ip: str | None = None
    agent: str | None = None
    on_behalf_of: UUID | None = None
    read_only: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.tenant_id, UUID):
            raise TenantMissing

    def can(self, permission: Permission) -> bool:
        """Whether the actor has the permission."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """The check that counts. Raises Forbidden, naming the permission."""
        if permission not in self.permissions:
            raise Forbidden(permission=permission.value)

    def require_feature(self, feature: Feature) -> None:
        """Raises FeatureMissing when the tenant's plan does not grant it."""
        if feature not in self.entitlements.features:
            raise FeatureMissing(feature=feature.value, plan=self.entitlements.plan)

    def limit(self, limit: Limit) -> int:
        """What the plan grants; -1 is unlimited."""
        return self.entitlements.limit(limit)

    def with_entitlements(self, entitlements: Entitlements) -> "Context":
        """The same actor under other entitlements."""
        return replace(self, entitlements=entitlements)


def job_context(tenant_id: UUID, name: str, *, entitlements: Entitlements | None = None, zone: str = "UTC") -> Context:
    """The context of a subscriber, job or schedule: the system acting inside one tenant."""
    return Context(
        tenant_id=tenant_id,
        actor=Actor(ActorKind.JOB, name=name),
        permissions=frozenset(Permission),
        entitlements=entitlements or Entitlements(),
        zone=zone,
        request_id=str(new_id()),
    )
