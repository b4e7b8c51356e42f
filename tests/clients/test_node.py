"""`@segment/analytics-node` as it is, pointed at Atrium."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.clients.conftest import Served, Source, run


def test_every_call_lands_with_its_fields(source: Source, node_modules: Path) -> None:
    source.served.refuse(503, 0)
    said = json.loads(run(node_modules, "node", "node.mjs", source.served.url, source.key))
    assert said == {"failed": []}
    found = {event["type"]: event for event in source.wait_for(6)}
    order = found["track"]
    assert (order["name"], order["user_id"], order["anonymous_id"]) == ("Order Completed", "u-5", "a-17")
    assert (order["revenue"], order["currency"], order["order_id"]) == (Decimal("49.9000"), "EUR", "A-1")
    assert (order["message_id"], order["ip"], order["utm_source"]) == ("order-1", "203.0.113.77", "x")
    assert timedelta(minutes=59) < datetime.now(UTC) - order["occurred_at"] < timedelta(minutes=61)
    assert order["context"]["library"]["name"] == "@segment/analytics-node"
    assert order["context"]["locale"] == "de-DE"
    assert (found["page"]["name"], found["page"]["path"], found["page"]["title"]) == ("Pricing", "/pricing", "Pricing")
    assert found["identify"]["properties"] == {"email": "ada@acme.example"}
    assert (found["group"]["properties"]["groupId"], found["screen"]["name"]) == ("acme", "Home")
    assert (found["alias"]["properties"]["previousId"], found["alias"]["user_id"]) == ("a-17", "u-5")
    assert len(source.served.calls()) == 2, "batches of four"


@pytest.mark.parametrize("status", [429, 503])
def test_it_tries_again(served: Served, source: Source, node_modules: Path, status: int) -> None:
    served.refuse(status, 2)
    assert json.loads(run(node_modules, "node", "node.mjs", served.url, source.key)) == {"failed": []}
    source.wait_for(6)
    calls = served.calls()
    assert sorted(call["status"] for call in calls) == [200, 200, status, status]
