"""The door of tenancy."""

from ..queries import LISTING
from ..rules.hosts import is_platform_host, slug_of_host
from ..rules.plans import next_plan
from ..rules.slugs import normal_slug
from .directory import (
    check_slug,
    create_tenant,
    find_by_host,
    find_by_id,
    find_by_slug,
    find_recipe,
    set_recipe,
)
from .entitlements import entitlements_in_force, entitlements_of, list_plans
from .operation import change_plan, get_tenant, list_tenants, operate, resume_tenant, suspend_tenant
from .settings import get_current, update_settings

__all__ = [
    "LISTING",
    "change_plan",
    "check_slug",
    "create_tenant",
    "entitlements_in_force",
    "entitlements_of",
    "find_by_host",
    "find_by_id",
    "find_by_slug",
    "find_recipe",
    "get_current",
    "get_tenant",
    "is_platform_host",
    "list_plans",
    "list_tenants",
    "next_plan",
    "normal_slug",
    "operate",
    "resume_tenant",
    "set_recipe",
    "slug_of_host",
    "suspend_tenant",
    "update_settings",
]
