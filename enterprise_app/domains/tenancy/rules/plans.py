"""The plan catalogue, read from plans.toml once, and what follows from it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from enterprise_app.core.vocabulary.entitlements import UNLIMITED, Entitlements, Feature, Limit

FILE = Path(__file__).resolve().parents[1] / "plans.toml"
GB = 10**9


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """One plan: `usd_month` whole dollars; `entitlements` everything it grants."""

    id: str
    usd_month: int
    usd_year: int
    entitlements: Entitlements


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All plans, smallest first, and the terms of the trial."""

    plans: Mapping[str, PlanTerms]
    default_plan: str
    trial_plan: str
    trial: timedelta


@cache
def catalogue() -> Catalogue:
    """The catalogue. Raises ValueError or KeyError at once when the file doesn't fit the vocabulary."""
    return parse(tomllib.loads(FILE.read_text(encoding="utf-8")))


def parse(data: Mapping[str, Any]) -> Catalogue:
    """A catalogue from the file's data."""
    plans: dict[str, PlanTerms] = {}
    features: frozenset[Feature] = frozenset()
    for entry in data["plans"]:
        features |= {Feature(name) for name in entry["features"]}
        granted = Entitlements(entry["id"], features, MappingProxyType(_limits(entry)))
        year = entry["usd_month"] * data["terms"]["months_in_a_year"]
        plans[entry["id"]] = PlanTerms(entry["id"], entry["usd_month"], year, granted)
    trial, default = data["trial"], data["terms"]["default_plan"]
    for name in (trial["plan"], default):
        if name not in plans:
            raise ValueError(f"plans.toml: {name} is not among the plans")
    return Catalogue(MappingProxyType(plans), default, trial["plan"], timedelta(days=trial["days"]))


def _limits(entry: Mapping[str, Any]) -> dict[Limit, int]:
    storage = entry["storage_gb"]
    limits = {limit: entry[limit.value] for limit in Limit if limit is not Limit.STORAGE_BYTES}
    return limits | {Limit.STORAGE_BYTES: storage if storage == UNLIMITED else storage * GB}


def plan_in_force(plan: str, trial_ends_at: datetime | None, now: datetime) -> str:
    """The trial's plan until it ends, then the tenant's own: from the dates alone, no job has to run."""
    return catalogue().trial_plan if trial_ends_at is not None and now < trial_ends_at else plan


def next_plan(plan: str, limit: Limit, wanted: int) -> str | None:
    """The smallest plan above `plan` that grants `wanted` and more than `plan` does; None when there is none."""
    plans = list(catalogue().plans.values())
    position = next(i for i, terms in enumerate(plans) if terms.id == plan) if plan in catalogue().plans else -1
    for terms in plans[position + 1 :]:
        granted = terms.entitlements.limit(limit)
        if granted == UNLIMITED or granted >= wanted:
            return terms.id
    return None
