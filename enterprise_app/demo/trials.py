"""The shop's experiments of the year: what was tried, on whom, what it did to them, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from enterprise_app.domains.experiments.vocabulary import DecisionOutcome

from .site import CURRENCY

BUYS, REGISTERS = "buys", "registers"
Lifts = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment between two days counted back from the last one; `ends_ago` None: it still runs, `starts_ago`
    None: it was never started.

    `variants`: key and name, the control first, all alike in weight. `lifts`: by variant, how many times as often its
    visitors buy or register. `metrics`: the keys of METRICS by role.
    """

    key: str
    name: str
    hypothesis: str
    starts_ago: int | None
    ends_ago: int | None
    variants: tuple[tuple[str, str], ...]
    metrics: Mapping[str, str]
    lifts: Lifts = field(default_factory=dict)
    campaign: str | None = None
    layer_share: float | None = None
    min_units: int = 1_000
    outcome: DecisionOutcome | None = None
    shipped: str | None = None
    note: str = ""

    def runs(self, day: date, last: date) -> bool:
        """Whether visitors of that day take part."""
        if self.starts_ago is None or day < last - timedelta(days=self.starts_ago):
            return False
        return self.ends_ago is None or day < last - timedelta(days=self.ends_ago)

    def draft(self, metrics: Mapping[str, str], campaigns: Mapping[str, str], layer_id: str) -> dict[str, Any]:
        """As experiments are made; `metrics`, `campaigns`: ids by key."""
        share = 1 / len(self.variants)
        return {
            "key": self.key, "name": self.name, "hypothesis": self.hypothesis,
            "campaign_id": campaigns[self.campaign] if self.campaign else None,
            "variants": [
                {"key": key, "name": name, "weight": share, "is_control": not place}
                for place, (key, name) in enumerate(self.variants)
            ],
            "metrics": [{"metric_id": metrics[key], "role": role} for key, role in self.metrics.items()],
            "settings": {"exposed_when_served": False, "auto_winner": False, "min_units": self.min_units},
        } | ({"layer_id": layer_id, "layer_share": self.layer_share} if self.layer_share else {})  # fmt: skip


def _of(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "name": name} | more


_REVENUE = _of("Order Completed", value="revenue")
METRICS: dict[str, tuple[str, dict[str, Any]]] = {
    "orders": ("Visitors who order", {"kind": "proportion", "event": _of("Order Completed")}),
    "revenue": (
        "Revenue per visitor", {"kind": "revenue", "event": _REVENUE, "currency": CURRENCY, "winsorise": 0.999},
    ),
    "order-value": (
        "Value of an order",
        {"kind": "ratio", "event": _REVENUE, "denominator": _of("Order Completed"), "currency": CURRENCY},
    ),
    "sign-ups": ("Visitors who sign up", {"kind": "proportion", "event": _of("Signed Up")}),
    "checkouts": ("Visitors at the checkout", {"kind": "proportion", "event": _of("Checkout Started")}),
    "pages": ("Pages per visitor", {"kind": "mean", "event": {"type": "page"}}),
    "back-in-a-week": (
        "Back within a week",
        {"kind": "retention", "event": {"type": "page"}, "first_day": 1, "last_day": 7},
    ),
}  # fmt: skip
"""Name and definition by key."""
LAYER = ("checkout", "Checkout", "Tests of the checkout exclude each other.")
FLAGS: tuple[dict[str, Any], ...] = (
    {
        "key": "new-search", "name": "New search", "description": "Goes out to the newsletter's readers first.",
        "rules": [{
            "name": "Readers of the newsletter",
            "conditions": [{"attribute": "newsletter", "operator": "eq", "values": [True]}],
            "serve": {"variation": "on"},
        }],
        "serve": {"split": [{"variation": "on", "weight": 0.2}, {"variation": "off", "weight": 0.8}]},
    },
    {
        "key": "stock-warning", "name": "Stock warning", "description": "“Only three left”, once stocks are right.",
        "enabled": False,
    },
)  # fmt: skip

TRIALS = (
    Trial(
        "newsletter-popup", "Newsletter pop-up", "Asked on the second page, more visitors subscribe and come back.",
        250, 200, (("none", "No pop-up"), ("popup", "Pop-up")),
        {"sign-ups": "primary", "back-in-a-week": "secondary", "orders": "guardrail"},
        {"popup": {REGISTERS: 2.2, BUYS: 0.5}}, outcome=DecisionOutcome.ROLLBACK,
        note="More addresses, fewer orders: not worth it.",
    ),
    Trial(
        "free-delivery", "Free delivery from €49", "Who knows of free delivery in the basket leaves it less often.",
        150, 94, (("none", "As it was"), ("banner", "Banner in the basket")),
        {"orders": "primary", "revenue": "secondary", "order-value": "secondary", "pages": "guardrail"},
        {"banner": {BUYS: 1.7}}, campaign="brand", outcome=DecisionOutcome.SHIP, shipped="banner",
        note="For everybody, in all countries.",
    ),
    Trial(
        "hero-picture", "Picture on the home page", "People outside sell better than goods in a studio.",
        66, 24, (("studio", "Goods in the studio"), ("trail", "On the trail"), ("camp", "At the camp fire")),
        {"checkouts": "primary", "orders": "secondary", "pages": "secondary"},
        campaign="autumn", outcome=DecisionOutcome.INCONCLUSIVE, note="No difference worth a photographer.",
    ),
    Trial(
        "one-page-checkout", "Checkout on one page", "One step instead of three: fewer give up on the way.",
        40, None, (("steps", "Three steps"), ("one-page", "One page")),
        {"orders": "primary", "revenue": "secondary", "checkouts": "secondary", "pages": "guardrail"},
        {"one-page": {BUYS: 1.45}}, campaign="generic", layer_share=0.7,
        min_units=2_000,
    ),
    Trial(
        "gift-wrap", "Gift wrap in the basket", "Before the holidays, one in ten adds a wrap for €4.",
        None, None, (("none", "Not offered"), ("offered", "Offered")),
        {"revenue": "primary", "orders": "guardrail"}, campaign="gift-finder", layer_share=0.3,
    ),
)  # fmt: skip
