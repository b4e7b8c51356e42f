"""Layers: experiments of one exclude each other, exactly; hold-outs: units that see no experiment."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Conflict, FeatureMissing, Invalid, NotFound, VersionConflict
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import LayerFull, LayerInUse
from enterprise_app.domains.experiments.flag_schemas import (
    Holdout,
    HoldoutChange,
    HoldoutDraft,
    Layer,
    LayerChange,
    LayerDraft,
)
from enterprise_app.domains.experiments.rules.hashing import SLOTS
from enterprise_app.domains.experiments.vocabulary import ExperimentAction as Act
from enterprise_app.domains.experiments.vocabulary import LayerAction
from tests.domains.experiments.lives import act, change, column, create, ready, running
from tests.factories import make_context


async def layer(ctx: Context, key: str = "checkout") -> Layer:
    async with tenant_session(ctx) as session:
        return await service.create_layer(session, ctx, LayerDraft(name=key.title(), key=key))


async def holdout(ctx: Context, key: str = "all", share: float = 0.05) -> Holdout:
    async with tenant_session(ctx) as session:
        return await service.create_holdout(session, ctx, HoldoutDraft(name=key.title(), key=key, share=share))


async def on_layer(ctx: Context, one: Layer, action: LayerAction) -> Layer:
    async with tenant_session(ctx) as session:
        return await service.act_on_layer(session, ctx, one.id, action, one.version)


async def on_holdout(ctx: Context, one: Holdout, action: LayerAction) -> Holdout:
    async with tenant_session(ctx) as session:
        return await service.act_on_holdout(session, ctx, one.id, action, one.version)


async def slots(ctx: Context) -> dict[str, Any]:
    async with tenant_session(ctx) as session:
        rows = await session.execute(sa.text("SELECT name, slots FROM experiments"))
        return {row.name: row.slots for row in rows}


@pytest.mark.usefixtures("db")
async def test_slots_are_taken_at_the_start_and_free_at_the_stop() -> None:
    ctx = make_context()
    shared = await layer(ctx)
    first = await running(ctx, "First", layer_id=shared.id, layer_share=0.4)
    await running(ctx, "Second", layer_id=shared.id, layer_share=0.4)
    third = await ready(ctx, "Third", layer_id=shared.id, layer_share=0.5)
    assert await slots(ctx) == {"First": [[0, 4000]], "Second": [[4000, 8000]], "Third": None}
    with pytest.raises(LayerFull) as full:
        await act(ctx, third, Act.START)
    assert full.value.params == {"field": "layer_share", "wanted": 50.0, "free": 20.0}
    await act(ctx, first, Act.STOP)
    await act(ctx, third, Act.START)
    assert await slots(ctx) == {"First": None, "Second": [[4000, 8000]], "Third": [[0, 4000], [8000, 9000]]}
    fourth = await ready(ctx, "Fourth", layer_id=shared.id, layer_share=0.1)
    await act(ctx, await act(ctx, fourth, Act.START), Act.PAUSE)
    with pytest.raises(LayerFull) as full:
        await running(ctx, "Fifth", layer_id=shared.id, layer_share=0.00001)
    assert full.value.params["free"] == 0.0, "a paused one keeps its slots"


async def test_two_starts_at_once_never_overlap(committed_db: object) -> None:
    ctx = make_context()
    shared = await layer(ctx)
    drafts = [await ready(ctx, f"E{n}", layer_id=shared.id, layer_share=0.3) for n in range(5)]
    answers = await asyncio.gather(*(act(ctx, draft, Act.START) for draft in drafts), return_exceptions=True)
    assert [type(a) for a in answers if isinstance(a, Exception)] == [LayerFull, LayerFull]
    taken = sorted(pair for ranges in (await slots(ctx)).values() for pair in ranges or ())
    assert taken == [[0, 3000], [3000, 6000], [6000, 9000]]
    assert all(end <= SLOTS for _, end in taken)


@pytest.mark.usefixtures("db")
async def test_a_layer_and_its_share_go_together() -> None:
    ctx = make_context()
    shared = await layer(ctx)
    without = await ready(ctx, layer_id=shared.id)
    with pytest.raises(Invalid) as refused:
        await act(ctx, without, Act.START)
    assert [(p.field, p.code) for p in refused.value.problems] == [("layer_share", "layer_share_missing")]
    whole = await change(ctx, without, layer_share=1)
    assert (whole.layer_id, whole.layer_share) == (shared.id, 1.0)
    with pytest.raises(Invalid) as refused:
        await change(ctx, whole, layer_id=None)
    assert [(p.field, p.code) for p in refused.value.problems] == [("layer_share", "layer_share_alone")]
    assert (await change(ctx, whole, layer_id=None, layer_share=None)).layer_id is None


@pytest.mark.usefixtures("db")
async def test_a_layer_in_use_is_not_archived_and_an_archived_one_not_used() -> None:
    ctx = make_context()
    shared = await layer(ctx)
    draft = await ready(ctx, "Draft", layer_id=shared.id, layer_share=0.5)
    made = await running(ctx, "Running", layer_id=shared.id, layer_share=0.5)
    with pytest.raises(LayerInUse):
        await on_layer(ctx, shared, LayerAction.ARCHIVE)
    await act(ctx, made, Act.STOP)
    archived = await on_layer(ctx, shared, LayerAction.ARCHIVE)
    assert archived.archived_at is not None
    for refusal in (act(ctx, draft, Act.START), create(ctx, layer_id=shared.id)):
        with pytest.raises(Invalid) as refused:
            await refusal
        assert [(p.field, p.code) for p in refused.value.problems] == [("layer_id", "layer_put_away")]
    with pytest.raises(Conflict, match="layer_archived"):
        await on_layer(ctx, archived, LayerAction.ARCHIVE)
    async with tenant_session(ctx) as session:
        with pytest.raises(Conflict, match="layer_archived"):
            await service.update_layer(session, ctx, shared.id, archived.version, LayerChange(name="Other"))
    restored = await on_layer(ctx, archived, LayerAction.RESTORE)
    with pytest.raises(Conflict, match="layer_not_archived"):
        await on_layer(ctx, restored, LayerAction.RESTORE)
    assert (await act(ctx, draft, Act.START)).started_at is not None


@pytest.mark.usefixtures("db")
async def test_the_life_of_a_layer_and_of_a_holdout() -> None:
    ctx = make_context()
    shared, held = await layer(ctx), await holdout(ctx)
    assert (shared.key, shared.name, shared.version, held.share) == ("checkout", "Checkout", 1, 0.05)
    for again in (layer(ctx), holdout(ctx)):
        with pytest.raises(Invalid) as refused:
            await again
        assert [(p.field, p.code) for p in refused.value.problems] == [("key", "experiment_key_taken")]
    async with tenant_session(ctx) as session:
        renamed = await service.update_layer(session, ctx, shared.id, 1, LayerChange(name="Payment"))
        assert (renamed.name, renamed.version, renamed.description) == ("Payment", 2, "")
        with pytest.raises(VersionConflict):
            await service.update_layer(session, ctx, shared.id, 1, LayerChange(name="Late"))
        changed = await service.update_holdout(session, ctx, held.id, 1, HoldoutChange(description="For the year."))
        assert (changed.description, changed.share) == ("For the year.", 0.05)
    archived = await on_holdout(ctx, changed, LayerAction.ARCHIVE)
    async with tenant_session(ctx) as session:
        page = await service.list_holdouts(session, ctx, service.HOLDOUTS.parse(), count=True)
        assert (page.items, page.total) == ([], 0)
        everything = service.HOLDOUTS.parse(filters=["archived:eq:true"])
        assert (await service.list_holdouts(session, ctx, everything)).items == [archived]
        assert (await service.list_layers(session, ctx, service.LAYERS.parse(sort="name"))).items == [renamed]
        assert await service.get_layer(session, ctx, shared.id) == renamed
    assert await on_holdout(ctx, archived, LayerAction.RESTORE) != archived
    verbs = set(await column(ctx, "SELECT verb FROM audit_log"))
    assert verbs == {
        "layer.created", "layer.updated", "holdout.created", "holdout.updated", "holdout.archived", "holdout.restored",
    }  # fmt: skip


@pytest.mark.usefixtures("db")
async def test_another_tenants_are_not_there() -> None:
    ours, theirs = make_context(), make_context()
    shared, held = await layer(ours), await holdout(ours)
    for refusal in (on_layer(theirs, shared, LayerAction.ARCHIVE), on_holdout(theirs, held, LayerAction.ARCHIVE)):
        with pytest.raises(NotFound):
            await refusal
    with pytest.raises(Invalid) as refused:
        await create(theirs, layer_id=shared.id)
    assert [p.code for p in refused.value.problems] == ["layer_unknown"]
    assert (await layer(theirs)).key == "checkout", "another tenant's key is free"


@pytest.mark.usefixtures("db")
async def test_a_plan_without_experiments_has_none() -> None:
    smaller = make_context(entitlements=Entitlements("FREE"))
    for refusal in (layer(smaller), holdout(smaller)):
        with pytest.raises(FeatureMissing):
            await refusal
