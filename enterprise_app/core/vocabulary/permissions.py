"""Every permission, `resource:action`, and the built-in roles that are sets of them."""

from enum import StrEnum


class Permission(StrEnum):
    """What an actor may be allowed to do. Alphabetical; a new one is granted to a role on purpose."""

    ANALYTICS_READ = "analytics:read"
    API_KEYS_MANAGE = "api_keys:manage"
    API_KEYS_READ = "api_keys:read"
    ASSETS_MANAGE = "assets:manage"
    ASSETS_READ = "assets:read"
    ASSETS_REVIEW = "assets:review"
    AUDIT_EXPORT = "audit:export"
    AUDIT_READ = "audit:read"
    CAMPAIGNS_CREATE = "campaigns:create"
    CAMPAIGNS_DELETE = "campaigns:delete"
    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_UPDATE = "campaigns:update"
    EVENTS_IMPORT = "events:import"
    EVENTS_READ = "events:read"
    EXPERIMENTS_CREATE = "experiments:create"
    EXPERIMENTS_READ = "experiments:read"
    EXPERIMENTS_RUN = "experiments:run"
    EXPERIMENTS_UPDATE = "experiments:update"
    FLAGS_EVALUATE = "flags:evaluate"
    FLAGS_MANAGE = "flags:manage"
    FLAGS_READ = "flags:read"
    MEMBERS_INVITE = "members:invite"
    MEMBERS_MANAGE = "members:manage"
    MEMBERS_READ = "members:read"
    METRICS_MANAGE = "metrics:manage"
    METRICS_READ = "metrics:read"
    OPERATOR_SYSTEM = "operator:system"
    OPERATOR_TENANTS = "operator:tenants"
    PROFILES_MANAGE = "profiles:manage"
    PROFILES_READ = "profiles:read"
    SELF_MANAGE = "self:manage"
    SOURCES_MANAGE = "sources:manage"
    SOURCES_READ = "sources:read"
    TENANT_MANAGE = "tenant:manage"
    TENANT_READ = "tenant:read"
    USAGE_READ = "usage:read"


class Role(StrEnum):
    """The built-in roles of a tenant, most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"
    GUEST = "guest"


OPERATOR_PERMISSIONS = frozenset(
    {
        Permission.AUDIT_READ,
        Permission.AUDIT_EXPORT,
        Permission.OPERATOR_SYSTEM,
        Permission.OPERATOR_TENANTS,
        Permission.SELF_MANAGE,
    }
)
_OWNER = frozenset(p for p in Permission if not p.value.startswith("operator:"))
_ADMIN = _OWNER
_MANAGER = _ADMIN - {
    Permission.API_KEYS_MANAGE,
    Permission.AUDIT_EXPORT,
    Permission.AUDIT_READ,
    Permission.MEMBERS_MANAGE,
    Permission.TENANT_MANAGE,
}
_MEMBER = frozenset(
    {
        Permission.ANALYTICS_READ,
        Permission.ASSETS_MANAGE,
        Permission.ASSETS_READ,
        Permission.CAMPAIGNS_CREATE,
        Permission.CAMPAIGNS_READ,
        Permission.CAMPAIGNS_UPDATE,
        Permission.EVENTS_READ,
        Permission.EXPERIMENTS_CREATE,
        Permission.EXPERIMENTS_READ,
        Permission.EXPERIMENTS_UPDATE,
        Permission.FLAGS_EVALUATE,
        Permission.FLAGS_READ,
        Permission.MEMBERS_READ,
        Permission.METRICS_READ,
        Permission.PROFILES_MANAGE,
        Permission.PROFILES_READ,
        Permission.SELF_MANAGE,
        Permission.SOURCES_READ,
        Permission.TENANT_READ,
    }
)
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: _OWNER,
    Role.ADMIN: _ADMIN,
    Role.MANAGER: _MANAGER,
    Role.MEMBER: _MEMBER,
    Role.GUEST: frozenset({Permission.SELF_MANAGE, Permission.TENANT_READ}),
}
