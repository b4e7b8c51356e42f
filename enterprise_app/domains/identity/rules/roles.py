"""Who may give or take which role. Nobody grants what they lack."""

from enterprise_app.core.errors import Invalid
from enterprise_app.core.vocabulary.permissions import ROLE_PERMISSIONS, Permission, Role

ORDER = tuple(Role)
"""Most to least."""


def clean_role(value: str, field: str = "role") -> Role:
    """The role of that name. Raises Invalid(`role_unknown`) with the names that exist."""
    try:
        return Role(value)
    except ValueError:
        raise Invalid.of(field, "role_unknown", roles=", ".join(ORDER)) from None


def may_grant(actor_role: Role | None, permissions: frozenset[Permission], role: Role) -> bool:
    """Whether an actor may give (or take) `role`; `actor_role` is None for keys and jobs, which never make owners.

    Owner and admin have the same permissions; that only an owner makes an owner is what tells them apart.
    """
    if not ROLE_PERMISSIONS[role] <= permissions:
        return False
    if actor_role is None:
        return role is not Role.OWNER
    return ORDER.index(role) >= ORDER.index(actor_role)


def effective(role: Role, scopes: frozenset[Permission]) -> frozenset[Permission]:
    """What a key may do: its scopes, never more than the member who made it may now."""
    return ROLE_PERMISSIONS[role] & scopes
