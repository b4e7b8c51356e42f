"""`segment-analytics-python` as it is, pointed at Atrium: every call, both modes, packed, and refused now and then."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from segment.analytics.client import Client
from segment.analytics.request import APIError

from enterprise_app.domains.analytics.rules.writekeys import new_write_key
from tests.clients.conftest import Served, Source


def client(source: Source, **settings: Any) -> tuple[Client, list[object]]:
    failed: list[object] = []
    made = Client(source.key, host=source.served.url, on_error=lambda error, _: failed.append(error), **settings)
    return made, failed


def send_all(segment: Client) -> None:
    """One of each call."""
    segment.identify("u-5", {"email": "ada@acme.example"}, anonymous_id="a-17")
    segment.track(
        "u-5", "Order Completed", {"order_id": "A-1", "revenue": Decimal("49.90"), "currency": "eur"},
        context={"ip": "203.0.113.77", "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"},
        timestamp=datetime.now(UTC) - timedelta(hours=1), message_id="order-1", integrations={"All": False},
    )  # fmt: skip
    segment.page("u-5", "Docs", "Pricing", {"url": "https://acme.example/pricing?utm_source=mail&utm_medium=email"})
    segment.screen("u-5", "App", "Home")
    segment.group("u-5", "acme", {"name": "Acme"})
    segment.alias("a-17", "u-5")


@pytest.mark.parametrize("gzip", [False, True])
@pytest.mark.parametrize("sync_mode", [True, False])
def test_every_call_lands_with_its_fields(source: Source, sync_mode: bool, gzip: bool) -> None:
    source.served.refuse(503, 0)
    segment, failed = client(source, sync_mode=sync_mode, gzip=gzip)
    send_all(segment)
    if not sync_mode:
        segment.shutdown()
    assert failed == []
    found = {event["type"]: event for event in source.wait_for(6)}
    order = found["track"]
    assert (order["name"], order["user_id"], order["message_id"]) == ("Order Completed", "u-5", "order-1")
    assert (order["revenue"], order["currency"], order["order_id"]) == (Decimal("49.9000"), "EUR", "A-1")
    assert (order["browser"], order["ip"], order["is_bot"]) == ("Chrome", "203.0.113.77", False)
    assert timedelta(minutes=59) < datetime.now(UTC) - order["occurred_at"] < timedelta(minutes=61)
    assert order["context"]["library"]["name"] == "analytics-python"
    page = found["page"]
    assert (page["host"], page["path"], page["utm_source"], page["channel"]) == (
        "acme.example",
        "/pricing",
        "mail",
        "email",
    )
    assert (found["identify"]["anonymous_id"], found["identify"]["properties"]) == (
        "a-17",
        {"email": "ada@acme.example"},
    )
    assert (found["group"]["properties"]["groupId"], found["alias"]["properties"]["previousId"]) == ("acme", "a-17")
    assert found["screen"]["name"] == "Home"
    calls = source.served.calls()
    assert {call.get("content-encoding") for call in calls} == {"gzip" if gzip else None}
    assert len(calls) == (6 if sync_mode else 1)


def test_a_thousand_events_come_in_batches_of_a_hundred(source: Source) -> None:
    source.served.refuse(503, 0)
    segment, failed = client(source, upload_interval=0.05, gzip=True)
    for number in range(1_000):
        segment.track("u-5", "Clicked", {"number": number})
    segment.shutdown()
    assert failed == []
    assert {event["properties"]["number"] for event in source.wait_for(1_000)} == set(range(1_000))
    assert 10 <= len(source.served.calls()) < 40


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_it_is_told_and_tries_again(served: Served, source: Source, status: int) -> None:
    served.refuse(status, 2)
    segment, failed = client(source, upload_interval=0.05)
    segment.track("u-5", "Clicked")
    segment.flush()
    segment.shutdown()
    source.wait_for(1)
    assert failed == []
    calls = served.calls()
    assert [call["status"] for call in calls] == [status, status, 200]
    pauses = [later["at"] - earlier["at"] for earlier, later in pairwise(calls)]
    assert all(0.95 < pause < 4 for pause in pauses), pauses


def test_a_number_that_json_lacks_costs_its_own_event_only(source: Source) -> None:
    segment, failed = client(source, upload_interval=0.3)
    segment.track("u-5", "Bad", {"ratio": math.nan})
    segment.track("u-5", "Good", {"ratio": 0.5})
    segment.shutdown()
    assert failed == []
    assert [event["name"] for event in source.wait_for(1)] == ["Good"]


def test_a_key_that_is_unknown_is_told(served: Served) -> None:
    segment, _ = client(Source(served, uuid4(), new_write_key(uuid4())), sync_mode=True, max_retries=0)
    with pytest.raises(APIError) as caught:
        segment.track("u-5", "Clicked")
    assert (caught.value.status, "write key is unknown" in str(caught.value)) == (401, True)
