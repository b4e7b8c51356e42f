"""Campaigns on a real database: what is written, counted, audited, found."""

from datetime import date
from uuid import uuid4

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden, Invalid, NotFound, QuotaExceeded, ReadOnly, VersionConflict
from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Role
from enterprise_app.domains.campaigns import service
from enterprise_app.domains.campaigns.schemas import Budget, Campaign, CampaignChange, CampaignDraft
from enterprise_app.domains.campaigns.vocabulary import CampaignAction as Act
from enterprise_app.domains.campaigns.vocabulary import CampaignChannel, CampaignStatus
from enterprise_app.domains.metering import service as metering
from tests.factories import make_context

pytestmark = pytest.mark.usefixtures("db")


async def create(ctx: Context, name: str = "Spring", **fields: object) -> Campaign:
    async with tenant_session(ctx) as session:
        return await service.create_campaign(session, ctx, CampaignDraft.model_validate({"name": name, **fields}))


async def act(ctx: Context, campaign: Campaign, action: Act) -> Campaign:
    async with tenant_session(ctx) as session:
        return await service.act_on_campaign(session, ctx, campaign.id, action)


async def names(ctx: Context, **words: object) -> list[str]:
    async with tenant_session(ctx) as session:
        page = await service.list_campaigns(session, ctx, service.LISTING.parse(**words))  # pyright: ignore
        return [campaign.name for campaign in page.items]


async def column(ctx: Context, statement: str) -> list[object]:
    async with tenant_session(ctx) as session:
        return list((await session.execute(sa.text(statement))).scalars())


async def test_create_and_read() -> None:
    ctx = make_context()
    made = await create(ctx, budget={"amount_minor": 1, "currency": "EUR"}, channels=["email"], starts_on="2026-03-01")
    async with tenant_session(ctx) as session:
        read = await service.get_campaign(session, ctx, made.id)
    assert read == made
    assert (read.status, read.version, read.owner_id) == (CampaignStatus.DRAFT, 1, ctx.actor.id)
    assert read.budget == Budget(amount_minor=1, currency="EUR")
    assert read.channels == [CampaignChannel.EMAIL]
    assert Campaign.model_validate_json(read.model_dump_json()) == read
    assert await column(ctx, "SELECT kind FROM event_outbox") == ["campaign.created"]
    assert await column(ctx, "SELECT verb FROM audit_log") == ["campaign.created"]


async def test_another_tenant_sees_nothing() -> None:
    ours, theirs = make_context(), make_context()
    made = await create(ours)
    assert await names(theirs) == []
    async with tenant_session(theirs) as session:
        with pytest.raises(NotFound):
            await service.get_campaign(session, theirs, made.id)
        with pytest.raises(NotFound):
            await service.update_campaign(session, theirs, made.id, 1, CampaignChange(name="Stolen"))


async def test_permissions_are_checked_by_the_service() -> None:
    ctx = make_context()
    made = await create(ctx)
    guest = make_context(ctx.tenant_id, Role.GUEST)
    member = make_context(ctx.tenant_id, Role.MEMBER)
    for refused, action in ((guest, Act.ACTIVATE), (member, Act.ARCHIVE)):
        with pytest.raises(Forbidden):
            await act(refused, made, action)


async def test_update_changes_only_what_is_given() -> None:
    ctx = make_context()
    made = await create(ctx, tags=["a"], budget={"amount_minor": 5, "currency": "EUR"})
    async with tenant_session(ctx) as session:
        changed = await service.update_campaign(session, ctx, made.id, 1, CampaignChange(name="Summer", budget=None))
    assert (changed.name, changed.tags, changed.budget, changed.version) == ("Summer", ["a"], None, 2)
    async with tenant_session(ctx) as session:
        with pytest.raises(VersionConflict) as conflict:
            await service.update_campaign(session, ctx, made.id, 1, CampaignChange(name="Fall"))
    assert conflict.value.params["current"] == 2
    assert await names(ctx, q="summ") == ["Summer"]
    assert await names(ctx, q="spring") == []


async def test_the_owner_is_a_member() -> None:
    ctx = make_context()
    with pytest.raises(Invalid) as refused:
        await create(ctx, owner_id=str(uuid4()))
    assert refused.value.problems[0].field == "owner_id"


async def test_update_keeps_days_in_order() -> None:
    ctx = make_context()
    made = await create(ctx, starts_on="2026-03-01")
    async with tenant_session(ctx) as session:
        with pytest.raises(Invalid):
            await service.update_campaign(session, ctx, made.id, 1, CampaignChange(ends_on=date(2026, 2, 1)))


async def test_archive_frees_its_place_and_restore_takes_one() -> None:
    ctx = make_context(entitlements=Entitlements("T", limits={Limit.CAMPAIGNS: 1}))
    first = await act(ctx, await create(ctx), Act.ACTIVATE)
    with pytest.raises(QuotaExceeded):
        await create(ctx, "Second")
    archived = await act(ctx, first, Act.ARCHIVE)
    assert archived.archived_at is not None
    second = await create(ctx, "Second")
    with pytest.raises(QuotaExceeded):
        await act(ctx, first, Act.RESTORE)
    await act(ctx, second, Act.ARCHIVE)
    assert (await act(ctx, first, Act.RESTORE)).status is CampaignStatus.PAUSED
    async with tenant_session(ctx) as session:
        drifts = {d.resource: d for d in await metering.recount(session, ctx)}
    assert drifts[Limit.CAMPAIGNS].counted == drifts[Limit.CAMPAIGNS].recounted == 1


async def test_beyond_a_smaller_plan_is_read_only() -> None:
    ctx = make_context()
    await create(ctx, "Old")
    new = await create(ctx, "New")
    smaller = ctx.with_entitlements(Entitlements("T", limits={Limit.CAMPAIGNS: 1}))
    with pytest.raises(ReadOnly):
        await act(smaller, new, Act.ACTIVATE)
    await act(smaller, new, Act.ARCHIVE)


async def test_bulk_gives_a_result_per_row() -> None:
    ctx = make_context()
    draft, active, nobody = await create(ctx, "A"), await act(ctx, await create(ctx, "B"), Act.ACTIVATE), uuid4()
    async with tenant_session(ctx) as session:
        answer = await service.act_on_campaigns(session, ctx, Act.PAUSE, [draft.id, active.id, nobody])
    assert [(r.done, r.code) for r in answer.results] == [
        (False, "campaign_wrong_status"),
        (True, None),
        (False, "campaign_not_found"),
    ]
    assert await names(ctx, filters=["status:eq:paused"]) == ["B"]


async def test_duplicate() -> None:
    ctx = make_context()
    made = await create(ctx, tags=["t"], channels=["sms"])
    async with tenant_session(ctx) as session:
        copy = await service.duplicate_campaign(session, ctx, made.id)
        again = await service.duplicate_campaign(session, ctx, copy.id)
    assert (copy.name, again.name) == ("Spring (2)", "Spring (3)")
    assert (copy.tags, copy.channels, copy.status) == (made.tags, made.channels, CampaignStatus.DRAFT)


async def test_lists_sort_filter_search_and_page() -> None:
    ctx = make_context()
    for name, tags in (("Äpfel", ["fruit"]), ("banana split", ["fruit"]), ("Cherry", []), ("حملة الربيع", [])):
        await create(ctx, name, tags=tags)
    assert (await names(ctx, sort="name"))[:3] == ["Äpfel", "banana split", "Cherry"]
    assert await names(ctx, filters=["tag:contains:fruit"], sort="-name") == ["banana split", "Äpfel"]
    assert await names(ctx, q="apf") == ["Äpfel"]
    assert await names(ctx, q="spl ban") == ["banana split"]
    assert await names(ctx, q="الربيع") == ["حملة الربيع"]
    async with tenant_session(ctx) as session:
        first = await service.list_campaigns(session, ctx, service.LISTING.parse(limit=3, sort="name"), count=True)
        query = service.LISTING.parse(limit=3, sort="name", cursor=first.next_cursor)
        second = await service.list_campaigns(session, ctx, query)
    assert (len(first.items), first.total, len(second.items), second.next_cursor) == (3, 4, 1, None)


async def test_board_and_calendar() -> None:
    ctx = make_context()
    await act(ctx, await create(ctx, "A", starts_on="2026-03-01", ends_on="2026-03-10"), Act.ACTIVATE)
    await create(ctx, "B", starts_on="2026-04-01")
    await create(ctx, "C")
    async with tenant_session(ctx) as session:
        board = await service.get_board(session, ctx)
        march = await service.get_calendar(session, ctx, date(2026, 3, 5), date(2026, 3, 31))
    assert {c.status: c.total for c in board.columns} == {
        CampaignStatus.DRAFT: 2, CampaignStatus.ACTIVE: 1, CampaignStatus.PAUSED: 0, CampaignStatus.COMPLETED: 0,
    }  # fmt: skip
    assert [c.name for c in march.items] == ["A"]
