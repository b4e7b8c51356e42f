"""What a tenant may use now, and what can be had."""

from datetime import datetime

from enterprise_app.core.vocabulary.entitlements import Entitlements

from ..rules.plans import PlanTerms, catalogue, plan_in_force
from ..schemas import Plan, PlanList, Tenant


def entitlements_of(tenant: Tenant, now: datetime) -> Entitlements:
    """What the plan in force grants: the trial's until it ends, then the tenant's own."""
    return entitlements_in_force(tenant.plan, tenant.trial_ends_at, now)


def entitlements_in_force(plan: str, trial_ends_at: datetime | None, now: datetime) -> Entitlements:
    """The same for who has only a tenant's plan and the end of its trial."""
    return catalogue().plans[plan_in_force(plan, trial_ends_at, now)].entitlements


def list_plans() -> PlanList:
    """The whole catalogue; public."""
    known = catalogue()
    items = [_plan(terms) for terms in known.plans.values()]
    return PlanList(items=items, trial_plan=known.trial_plan, trial_days=known.trial.days)


def _plan(terms: PlanTerms) -> Plan:
    features = sorted(feature.value for feature in terms.entitlements.features)
    limits = {limit.value: granted for limit, granted in terms.entitlements.limits.items()}
    return Plan(id=terms.id, usd_month=terms.usd_month, usd_year=terms.usd_year, features=features, limits=limits)
