"""The check that counts is in the service: without the right each use case refuses before it looks at anything."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden
from enterprise_app.core.ids import new_id
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import CampaignChange, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import CampaignAction
from tests.factories import make_context

DAY = date(2026, 1, 1)
CASES: dict[str, Callable[[Any, Any], Any]] = {
    "create": lambda session, ctx: service.create_campaign(session, ctx, CampaignDraft(name="A")),
    "duplicate": lambda session, ctx: service.duplicate_campaign(session, ctx, new_id()),
    "update": lambda session, ctx: service.update_campaign(session, ctx, new_id(), 1, CampaignChange()),
    "act": lambda session, ctx: service.act_on_campaign(session, ctx, new_id(), CampaignAction.ARCHIVE),
    "act_on_many": lambda session, ctx: service.act_on_campaigns(session, ctx, CampaignAction.PAUSE, [new_id()]),
    "get": lambda session, ctx: service.get_campaign(session, ctx, new_id()),
    "list": lambda session, ctx: service.list_campaigns(session, ctx, service.LISTING.parse()),
    "board": lambda session, ctx: service.get_board(session, ctx),
    "calendar": lambda session, ctx: service.get_calendar(session, ctx, DAY, DAY),
}


@pytest.mark.parametrize("name", CASES)
async def test_without_the_right_the_service_refuses(committed_db, name: str):
    ctx = replace(make_context(), permissions=frozenset())
    with pytest.raises(Forbidden):
        async with tenant_session(ctx) as session:
            await CASES[name](session, ctx)
