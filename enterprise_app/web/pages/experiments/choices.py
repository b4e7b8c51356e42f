"""What the editor lets choose from: campaigns, metrics and layers by name."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.experiments import service
from enterprise_app.web.components.shapes import Option

MOST = 200


class Choices(BaseModel):
    """Options of selects, sorted by name."""

    model_config = ConfigDict(frozen=True)

    campaigns: list[Option] = []
    metrics: list[Option] = []
    layers: list[Option] = []


async def read_choices(ctx: Context, *, keep: Collection[str] = ()) -> Choices:
    """What there is now; metrics in `keep` stay although they were archived meanwhile."""
    async with tenant_session(ctx) as session:
        metrics = await service.list_metrics(session, ctx, service.METRICS.parse(limit=MOST, sort="name"))
        layers = await service.list_layers(session, ctx, service.LAYERS.parse(limit=MOST, sort="name"))
        shown = _options(metrics.items)
        known = {option.value for option in shown}
        lost = [await service.get_metric(session, ctx, UUID(key)) for key in keep if key and key not in known]
        found = []
        if ctx.can(Permission.CAMPAIGNS_READ):
            query = campaigns.LISTING.parse(limit=MOST, sort="name")
            found = (await campaigns.list_campaigns(session, ctx, query)).items
    return Choices(campaigns=_options(found), metrics=[*shown, *_options(lost)], layers=_options(layers.items))


def _options(items: Any) -> list[Option]:
    return [Option(value=str(item.id), label=item.name) for item in items]
