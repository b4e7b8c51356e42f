"""The health of data: what is counted with the events, sampled of refused messages, and read by period."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.analytics.rules.record import Rejected
from enterprise_app.domains.analytics.rules.secrets import SHOWN, shown_message
from enterprise_app.domains.analytics.rules.tally import SAMPLES, Tally
from enterprise_app.domains.analytics.vocabulary import HealthKind
from tests.domains.analytics.http import client_of
from tests.domains.analytics.test_tracking import key, new_source, post

__all__ = ["key"]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


async def counted(ctx: Context) -> dict[str, int]:
    async with tenant_session(ctx) as session:
        rows = await session.execute(
            sa.text("SELECT kind, code, sum(messages) FROM analytics_health GROUP BY kind, code ORDER BY kind, code")
        )
        return {f"{kind}:{code}".rstrip(":"): int(number) for kind, code, number in rows}


def track(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "E", "userId": "u", "messageId": f"m-{number}", **more}


async def test_a_batch_is_counted_by_what_became_of_it(tenant, key):
    now = datetime.now(UTC)
    batch = [
        track(1), track(1), track(2, timestamp=(now - timedelta(days=3)).isoformat()),
        track(3, timestamp=(now + timedelta(hours=2)).isoformat()), {"type": "track", "userId": "u"}, "nonsense",
        track(4, context={"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}),
    ]  # fmt: skip
    async with client_of(tenant) as client:
        assert (await post(client, "/v1/batch", {"batch": batch}, key)).json()["accepted"] == 4
        assert (await post(client, "/v1/batch", {"batch": [track(1)]}, key)).json()["duplicates"] == 1
        assert (await post(client, "/v1/track", {"userId": "u"}, key)).status_code == 400
    assert await counted(tenant) == {
        "accepted": 4, "duplicate": 2, "late": 1, "future": 1, "bot": 1,
        "rejected:event_name_missing": 2, "rejected:event_not_object": 1,
    }  # fmt: skip
