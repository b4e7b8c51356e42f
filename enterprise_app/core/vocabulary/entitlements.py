"""What a plan grants: features (yes or no) and limits (a number, -1 for unlimited)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

UNLIMITED = -1


class Feature(StrEnum):
    """A part of the product that a plan switches on. Alphabetical."""

    ANALYTICS = "analytics"
    ANOMALIES_FULL = "anomalies_full"
    ANOMALIES_STREAMING = "anomalies_streaming"
    API = "api"
    APPROVALS = "approvals"
    ASSISTANTS = "assistants"
    ATTRIBUTION = "attribution"
    AUTOMATION = "automation"
    BATCH_PREDICTIONS = "batch_predictions"
    BRANDING = "branding"
    CHILD_TENANTS = "child_tenants"
    COLLABORATION = "collaboration"
    COST_MANAGEMENT = "cost_management"
    CUSTOM_ALGORITHMS = "custom_algorithms"
    CUSTOM_DOMAIN = "custom_domain"
    CUSTOM_REPORTS = "custom_reports"
    EXPERIMENTS = "experiments"
    OWN_AI_PROVIDERS = "own_ai_providers"
    SSO = "sso"
    WHITE_LABEL = "white_label"


class Limit(StrEnum):
    """A number that a plan grants. Alphabetical; the unit is in the name or beside it."""

    AI_MODELS = "ai_models"
    AI_PREDICTIONS_DAY = "ai_predictions_day"
    API_CALLS_HOUR = "api_calls_hour"
    API_CALLS_MONTH = "api_calls_month"
    ASSISTANTS = "assistants"
    CAMPAIGNS = "campaigns"
    EVENTS = "events_month"
    MEMBERS = "members"
    RETENTION_DAYS = "retention_days"
    STORAGE_BYTES = "storage_bytes"
    WORKFLOWS = "workflows"


@dataclass(frozen=True, slots=True)
class Entitlements:
    """What a tenant may use right now: its plan's grants after overrides. `plan` is the catalogue's id."""

    plan: str = "FREE"
    features: frozenset[Feature] = frozenset()
    limits: Mapping[Limit, int] = field(default_factory=lambda: MappingProxyType({}))

    def limit(self, limit: Limit) -> int:
        """The granted number; -1 is unlimited, and an unlisted limit grants nothing."""
        return self.limits.get(limit, 0)
