"""The catalogue is the published table, and what is in force follows from dates."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from enterprise_app.core.vocabulary.entitlements import Feature, Limit
from enterprise_app.domains.tenancy.rules.plans import GB, catalogue, next_plan, plan_in_force

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "plans.md"
ROWS = {
    "members": Limit.MEMBERS,
    "campaigns": Limit.CAMPAIGNS,
    "API calls a month (quota)": Limit.API_CALLS_MONTH,
    "API calls an hour (rate)": Limit.API_CALLS_HOUR,
    "assistants": Limit.ASSISTANTS,
    "events a month (quota)": Limit.EVENTS,
    "automation workflows": Limit.WORKFLOWS,
    "data retention, days": Limit.RETENTION_DAYS,
}
NAMES = {
    "analytics": Feature.ANALYTICS,
    "API": Feature.API,
    "automation": Feature.AUTOMATION,
    "one assistant": Feature.ASSISTANTS,
    "SSO": Feature.SSO,
    "cost management": Feature.COST_MANAGEMENT,
    "own AI providers": Feature.OWN_AI_PROVIDERS,
    "full white label": Feature.WHITE_LABEL,
}


@pytest.fixture(scope="module")
def table() -> dict[str, list[str]]:
    """The published table: row name → one cell per plan."""
    lines = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows if not set(row[0]) <= {"-"} or row[0] == ""}


def numbers(cells: list[str]) -> list[int]:
    return [int(cell.replace(",", "")) for cell in cells]


def test_plans_and_prices(table):
    plans = list(catalogue().plans.values())
    assert [plan.id for plan in plans] == table[""]
    assert [plan.usd_month for plan in plans] == numbers(table["price, USD a month (a year = 10 months)"])
    assert all(plan.usd_year == 10 * plan.usd_month for plan in plans)


@pytest.mark.parametrize("row", ROWS)
def test_limits(table, row):
    assert [p.entitlements.limit(ROWS[row]) for p in catalogue().plans.values()] == numbers(table[row])


def test_storage_and_ai(table):
    grants = [plan.entitlements for plan in catalogue().plans.values()]
    storage = [n if n == -1 else n * GB for n in numbers(table["storage, GB"])]
    assert [g.limit(Limit.STORAGE_BYTES) for g in grants] == storage
    cells = [cell.split(" / ") for cell in table["AI models / predictions a day"]]
    assert [g.limit(Limit.AI_MODELS) for g in grants] == numbers([models for models, _ in cells])
    assert [g.limit(Limit.AI_PREDICTIONS_DAY) for g in grants] == numbers([day for _, day in cells])


def test_every_limit_is_in_every_plan():
    assert all(set(plan.entitlements.limits) == set(Limit) for plan in catalogue().plans.values())


def test_features_add_up(table):
    granted: set[Feature] = set()
    for plan, cell, anomalies in zip(
        catalogue().plans.values(), table["features"], table["anomaly detection"], strict=True
    ):
        names = [name.strip() for name in re.sub(r"^\+ ", "", cell).split(",")]
        granted |= {NAMES.get(name) or Feature(name.replace(" ", "_")) for name in names}
        granted |= {Feature.ANOMALIES_FULL} if "full" in anomalies else set()
        granted |= {Feature.ANOMALIES_STREAMING} if "streaming" in anomalies else set()
        assert plan.entitlements.features == granted, plan.id
    assert granted == set(Feature)


def test_the_trial_is_fourteen_days_of_professional_and_then_the_own_plan():
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert (catalogue().trial_plan, catalogue().trial) == ("PROFESSIONAL", timedelta(14))
    assert catalogue().default_plan == "FREE"
    assert plan_in_force("FREE", now + timedelta(seconds=1), now) == "PROFESSIONAL"
    assert plan_in_force("FREE", now, now) == "FREE"
    assert plan_in_force("STARTER", None, now) == "STARTER"


@pytest.mark.parametrize(
    ("plan", "limit", "wanted", "found"),
    [
        ("FREE", Limit.CAMPAIGNS, 11, "STARTER"),
        ("FREE", Limit.CAMPAIGNS, 26, "PROFESSIONAL"),
        ("PROFESSIONAL", Limit.CAMPAIGNS, 101, "ENTERPRISE"),
        ("ENTERPRISE", Limit.API_CALLS_HOUR, 200_001, None),
        ("WHITE_LABEL", Limit.MEMBERS, 1, None),
    ],
)
def test_the_upgrade_path(plan, limit, wanted, found):
    assert next_plan(plan, limit, wanted) == found
