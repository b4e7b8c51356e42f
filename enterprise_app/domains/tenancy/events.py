"""What happened to tenants."""

from typing import ClassVar

from enterprise_app.core.events import Event


class TenantEvent(Event):
    """A fact about one tenant; the entity is the tenant itself."""

    entity_kind: ClassVar[str] = "tenant"


class TenantCreated(TenantEvent):
    """A tenant exists, with its trial."""

    kind: ClassVar[str] = "tenant.created"
    slug: str
    name: str
    plan: str


class TenantSettingsChanged(TenantEvent):
    """Some of a tenant's settings are new; `fields` names them."""

    kind: ClassVar[str] = "tenant.settings_changed"
    fields: list[str]


class TenantPlanChanged(TenantEvent):
    """A tenant is on another plan."""

    kind: ClassVar[str] = "tenant.plan_changed"
    before: str
    after: str


class TenantSuspended(TenantEvent):
    """A tenant is read-only from now on."""

    kind: ClassVar[str] = "tenant.suspended"
    reason: str


class TenantResumed(TenantEvent):
    """A suspended tenant may write again."""

    kind: ClassVar[str] = "tenant.resumed"
