"""Events as a site and a shop send them: Segment messages of about 300 bytes, the same ones for the same seed."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

DAYS = 30
START = datetime(2026, 3, 1, tzinfo=UTC)
_EVENTS_OF_A_VISITOR = 12
_PAGES = [f"https://shop.example/products/{number}" for number in range(400)]
_REFERRERS = ("", "", "https://www.google.com/", "https://news.example/today", "https://t.co/x")
_CAMPAIGNS = ("", "", "", "?utm_source=newsletter&utm_medium=email&utm_campaign=spring")
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
)
_TRACKED = ("Product Viewed", "Product Added", "Signed up", "Order Completed")


def messages(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """So many messages in the order of time over DAYS from START."""
    draw = random.Random(seed)
    visitors = [str(UUID(int=draw.getrandbits(128), version=4)) for _ in range(max(1, count // _EVENTS_OF_A_VISITOR))]
    step = timedelta(days=DAYS) / count
    for number in range(count):
        common = {
            "messageId": str(UUID(int=draw.getrandbits(128), version=4)),
            "anonymousId": draw.choice(visitors),
            "timestamp": f"{START + step * number:%Y-%m-%dT%H:%M:%S}.{number % 1000:03d}Z",
            "context": {"userAgent": draw.choice(_AGENTS)},
        }
        yield common | (_page(draw) if draw.random() < 0.6 else _track(draw, number))


def lines(count: int, seed: int = 1) -> Iterator[str]:
    """The messages as JSON lines, each with its end."""
    for message in messages(count, seed):
        yield json.dumps(message, separators=(",", ":")) + "\n"


def _page(draw: random.Random) -> dict[str, Any]:
    url = draw.choice(_PAGES) + draw.choice(_CAMPAIGNS)
    return {"type": "page", "properties": {"url": url, "referrer": draw.choice(_REFERRERS)}}


def _track(draw: random.Random, number: int) -> dict[str, Any]:
    event = draw.choice(_TRACKED)
    properties: dict[str, Any] = {"sku": f"p-{draw.randrange(400)}", "quantity": 1}
    if event == "Order Completed":
        properties |= {"revenue": draw.randrange(100, 20_000) / 100, "currency": "EUR", "order_id": f"o-{number}"}
    return {"type": "track", "event": event, "properties": properties}
