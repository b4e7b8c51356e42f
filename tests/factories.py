"""Tenants and contexts for tests of any domain."""

from uuid import UUID

from enterprise_app.core.context import Actor, ActorKind, Context
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Feature, Limit
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Role

EVERYTHING = Entitlements(plan="ENTERPRISE", features=frozenset(Feature), limits=dict.fromkeys(Limit, UNLIMITED))


def make_context(
    tenant_id: UUID | None = None,
    role: Role = Role.OWNER,
    entitlements: Entitlements = EVERYTHING,
    *,
    name: str = "Ada",
    locale: str = "en",
    zone: str = "UTC",
) -> Context:
    """A member of a tenant (a fresh one unless given) with the role's permissions and every entitlement."""
    return Context(
        tenant_id=tenant_id or new_id(),
        actor=Actor(ActorKind.MEMBER, id=new_id(), name=name, account_id=new_id()),
        permissions=ROLE_PERMISSIONS[role],
        entitlements=entitlements,
        locale=locale,
        zone=zone,
        request_id=str(new_id()),
    )
