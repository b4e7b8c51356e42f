"""Experiments, metrics and flags as a real workspace has them, made over the API."""

from typing import Any

from tests.e2e.people import Workspace

NAMES = (
    "Green checkout button", "Shorter form", "Orders per visitor", "Revenue per visitor", "Order Completed",
    "Experiment Viewed", "New checkout", "Payments", "German speakers", "Checkout", "Nobody", "Blue", "Green",
    "A green button is seen earlier, so more visitors buy.", "OpenFeature", "OFREP", "Holm", "Benjamini-Hochberg",
    "CUPED", "On", "Off", "JavaScript", "JSON", "Enter",
)  # fmt: skip
"""What is data, and proper nouns of the field."""
_ORDER = {"name": "Order Completed"}
_MONEY = _ORDER | {"value": "revenue"}


def fill_experiments(space: Workspace) -> dict[str, str]:
    """One that runs, a draft, two metrics, two flags, a layer, a hold-out; the paths of their pages."""
    orders = _metric(space, "Orders per visitor", {"kind": "proportion", "event": _ORDER, "window_hours": 168})
    _metric(space, "Revenue per visitor", {"kind": "revenue", "event": _MONEY, "currency": "EUR", "winsorise": 0.99})
    space.call("POST", "/api/v1/layers", {"name": "Checkout", "key": "checkout"})
    space.call("POST", "/api/v1/holdouts", {"name": "Nobody", "key": "nobody", "share": 0.02})
    one = space.call("POST", "/api/v1/experiments", _experiment("Green checkout button", orders))["id"]
    space.call("POST", f"/api/v1/experiments/{one}/start")
    draft = space.call("POST", "/api/v1/experiments", _experiment("Shorter form", orders))["id"]
    space.call("POST", "/api/v1/flags", {"name": "Payments", "key": "payments"})
    flag = space.call("POST", "/api/v1/flags", _flag())["id"]
    return {
        "/experiments/[id]": f"/experiments/{one}",
        "/experiments/[id]/edit": f"/experiments/{draft}/edit",
        "/experiments/[id]/elsewhere": f"/experiments/{draft}/elsewhere",
        "/experiments/metrics/[id]": f"/experiments/metrics/{orders}",
        "/flags/[id]": f"/flags/{flag}",
    }


def _metric(space: Workspace, name: str, definition: dict[str, Any]) -> str:
    key = name.split()[0].lower()
    return space.call("POST", "/api/v1/metrics", {"name": name, "key": key, "definition": definition})["id"]


def _experiment(name: str, metric: str) -> dict[str, Any]:
    return {
        "name": name,
        "hypothesis": "A green button is seen earlier, so more visitors buy.",
        "variants": [
            {"key": "control", "name": "Blue", "weight": 0.5, "is_control": True},
            {"key": "green", "name": "Green", "weight": 0.5},
        ],
        "targeting": [{"attribute": "country", "operator": "in", "values": ["DE", "AT"]}],
        "metrics": [{"metric_id": metric, "role": "primary"}],
    }


def _flag() -> dict[str, Any]:
    speakers = [{"attribute": "country", "operator": "in", "values": ["DE", "AT", "CH"]}]
    split = [{"variation": "on", "weight": 0.2}, {"variation": "off", "weight": 0.8}]
    return {
        "name": "New checkout",
        "key": "new-checkout",
        "serve": {"variation": "off"},
        "rules": [{"name": "German speakers", "conditions": speakers, "serve": {"split": split}}],
        "prerequisites": [{"flag": "payments", "variations": ["on"]}],
    }
