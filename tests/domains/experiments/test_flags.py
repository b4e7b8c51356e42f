"""EXP-03: flags are made, changed, switched and put away, each with its version, its audit line and its fact."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import AtriumError, FeatureMissing, Invalid, ReadOnly, VersionConflict
from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Entitlements
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.errors import (
    FlagArchived,
    FlagNeeded,
    FlagNotArchived,
    FlagNotFound,
    FlagOfExperiment,
)
from enterprise_app.domains.experiments.flag_schemas import Flag, FlagChange, FlagDraft
from enterprise_app.domains.experiments.schemas import ExperimentDraft
from enterprise_app.domains.experiments.vocabulary import FlagAction
from tests.factories import make_context
from tests.joined import JoinedSource


def in_a_rollback(test: Any) -> Any:
    """Most tests need no real commits."""
    return pytest.mark.usefixtures("db")(test)


async def made(ctx: Context, key: str, **fields: Any) -> Flag:
    draft = FlagDraft.model_validate({"key": key, "name": key.title()} | fields)
    async with tenant_session(ctx) as session:
        return await service.create_flag(session, ctx, draft)


async def changed(ctx: Context, flag: Flag, **fields: Any) -> Flag:
    async with tenant_session(ctx) as session:
        change = FlagChange.model_validate(fields)
        return await service.update_flag(session, ctx, flag.id, flag.version, change)


async def acted(ctx: Context, flag_id: UUID, action: FlagAction) -> Flag:
    async with tenant_session(ctx) as session:
        return await service.act_on_flag(session, ctx, flag_id, action)


async def switched(ctx: Context, flag_id: UUID, enabled: bool) -> Flag:
    async with tenant_session(ctx) as session:
        return await service.switch_flag(session, ctx, flag_id, enabled)


async def keys(ctx: Context, *filters: str, q: str | None = None) -> list[str]:
    async with tenant_session(ctx) as session:
        page = await service.list_flags(session, ctx, service.FLAGS.parse(filters=filters, sort="key", q=q), count=True)
    assert page.total == len(page.items)
    return [flag.key for flag in page.items]


def needs(*flags: str, variation: str = "on") -> dict[str, Any]:
    return {"prerequisites": [{"flag": flag, "variations": [variation]} for flag in flags]}


def codes(refused: Invalid) -> set[tuple[str, str]]:
    return {(problem.field, problem.code) for problem in refused.problems}


@in_a_rollback
async def test_a_boolean_flag_needs_a_name_and_a_key_only() -> None:
    ctx = make_context()
    flag = await made(ctx, "checkout")
    assert [(v.key, v.value) for v in flag.variations] == [("on", True), ("off", False)]
    assert (flag.off_variation, flag.serve.variation, flag.enabled, flag.version) == ("off", "off", True, 1)
    async with tenant_session(ctx) as session:
        assert await service.get_flag(session, ctx, flag.id) == flag


@in_a_rollback
async def test_the_life_of_a_flag_is_audited_and_told(db: JoinedSource) -> None:
    ctx = make_context()
    flag = await made(ctx, "checkout")
    rules = [{"conditions": [{"attribute": "plan", "operator": "eq", "values": ["pro"]}], "serve": {"variation": "on"}}]
    flag = await changed(ctx, flag, rules=rules, name="New checkout")
    assert (flag.version, flag.name, flag.rules[0].serve.variation) == (2, "New checkout", "on")
    assert (await changed(ctx, flag, name="New checkout")).version == 3, "nothing changed, nothing is told"
    assert not (await switched(ctx, flag.id, False)).enabled
    await acted(ctx, flag.id, FlagAction.ARCHIVE)
    with pytest.raises(FlagArchived):
        await acted(ctx, flag.id, FlagAction.ARCHIVE)
    with pytest.raises(FlagArchived):
        await switched(ctx, flag.id, True)
    assert await keys(ctx) == []
    assert await keys(ctx, "archived:eq:true") == ["checkout"]
    await acted(ctx, flag.id, FlagAction.RESTORE)
    with pytest.raises(FlagNotArchived):
        await acted(ctx, flag.id, FlagAction.RESTORE)
    async with tenant_session(ctx) as session:
        verbs = list(await session.scalars(sa.text("SELECT verb FROM audit_log ORDER BY seq")))
    async with db.system() as session:
        told = sa.text("SELECT kind FROM event_outbox WHERE entity_id = :id ORDER BY seq")
        kinds = list(await session.scalars(told, {"id": flag.id}))
    life = ["created", "updated", "switched", "archived", "restored"]
    assert verbs == kinds == [f"flag.{act}" for act in life]


@in_a_rollback
async def test_an_old_version_is_refused() -> None:
    ctx = make_context()
    flag = await made(ctx, "checkout")
    await changed(ctx, flag, name="One")
    with pytest.raises(VersionConflict):
        await changed(ctx, flag, name="Two")


@in_a_rollback
async def test_another_tenant_sees_nothing_of_it() -> None:
    ctx, other = make_context(), make_context()
    flag = await made(ctx, "checkout")
    assert (await made(other, "checkout")).id != flag.id
    with pytest.raises(FlagNotFound):
        await switched(other, flag.id, False)
    assert await keys(other) == ["checkout"]


@in_a_rollback
async def test_flags_are_found_by_name_and_key() -> None:
    ctx = make_context()
    await made(ctx, "pay.now", name="Zahlung")
    await made(ctx, "search")
    assert await keys(ctx, q="zahl") == await keys(ctx, q="pay") == ["pay.now"]
    assert await keys(ctx, "kind:eq:boolean") == ["pay.now", "search"]


BAD: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"kind": "string"}, {("variations", "variations_none"), ("off_variation", "variation_unknown"),
                          ("serve", "serve_one_way")}),
    ({"variations": [{"key": "a", "value": 1}]}, {("variations.0.value", "variation_kind")}),
    ({"kind": "object", "variations": [{"key": "a", "value": {"x": [float("nan")]}}]},
     {("variations.0.value", "variation_kind")}),
    ({"variations": [{"key": "a", "value": True}] * 2}, {("variations", "named_twice")}),
    ({"off_variation": "none"}, {("off_variation", "variation_unknown"), ("serve.variation", "variation_unknown")}),
    ({"serve": {"variation": "on", "experiment_id": str(new_id())}}, {("serve", "serve_one_way")}),
    ({"serve": {"experiment_id": str(new_id())}}, {("serve.experiment_id", "serve_experiment")}),
    ({"serve": {"split": [{"variation": "on", "weight": 0.7}, {"variation": "off", "weight": 0.7}]}},
     {("serve.split", "split_weights")}),
    ({"rules": [{"conditions": [{"attribute": "v", "operator": "semver", "values": ["x"]}],
                 "serve": {"variation": "on"}}]}, {("rules.0.conditions.0.values", "condition_semver")}),
    ({"prerequisites": [{"flag": "none", "variations": ["on"]}]}, {("prerequisites.0.flag", "prerequisite_unknown")}),
    ({"prerequisites": [{"flag": "x", "variations": ["on"]}]}, {("prerequisites", "prerequisites_circle")}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "expected"), BAD)
@in_a_rollback
async def test_what_is_wrong_is_named(fields: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    ctx = make_context()
    with pytest.raises(Invalid) as refused:
        await made(ctx, "x", **fields)
    assert codes(refused.value) == expected
    assert await keys(ctx) == []


@in_a_rollback
async def test_a_key_is_taken_also_by_what_is_archived() -> None:
    ctx = make_context()
    flag = await made(ctx, "checkout")
    await acted(ctx, flag.id, FlagAction.ARCHIVE)
    with pytest.raises(Invalid) as refused:
        await made(ctx, "checkout")
    assert codes(refused.value) == {("key", "experiment_key_taken")}


@in_a_rollback
async def test_prerequisites_never_close_a_circle() -> None:
    ctx = make_context()
    a = await made(ctx, "a")
    await made(ctx, "b", **needs("a"))
    await made(ctx, "c", **needs("b"))
    with pytest.raises(Invalid) as refused:
        await changed(ctx, a, **needs("c"))
    assert refused.value.problems[0].params == {"circle": "a → c → b → a"}
    async with tenant_session(ctx) as session:
        assert (await service.get_flag(session, ctx, a.id)).prerequisites == []
    with pytest.raises(Invalid) as refused:
        await made(ctx, "d", **needs("a", variation="red"))
    assert codes(refused.value) == {("prerequisites.0.variations", "variation_unknown")}


@in_a_rollback
async def test_chains_of_prerequisites_have_an_end() -> None:
    ctx = make_context()
    await made(ctx, "f0")
    for number in range(1, 20):
        await made(ctx, f"f{number}", **needs(f"f{number - 1}"))
    with pytest.raises(Invalid) as refused:
        await made(ctx, "f20", **needs("f19"))
    assert codes(refused.value) == {("prerequisites", "prerequisites_deep")}


@in_a_rollback
async def test_a_flag_that_others_need_stays() -> None:
    ctx = make_context()
    a = await made(ctx, "a")
    b = await made(ctx, "b", **needs("a"))
    with pytest.raises(FlagNeeded) as refused:
        await acted(ctx, a.id, FlagAction.ARCHIVE)
    assert refused.value.params == {"flags": "b"}
    variations = [{"key": "yes", "value": True}, {"key": "off", "value": False}]
    with pytest.raises(FlagNeeded):
        await changed(ctx, a, variations=variations)
    await acted(ctx, b.id, FlagAction.ARCHIVE)
    await acted(ctx, a.id, FlagAction.ARCHIVE)
    with pytest.raises(Invalid) as gone:
        await acted(ctx, b.id, FlagAction.RESTORE)
    assert codes(gone.value) == {("prerequisites.0.flag", "prerequisite_unknown")}


@in_a_rollback
async def test_an_experiments_flag_is_changed_at_the_experiment_but_switched_off_here() -> None:
    ctx = make_context()
    async with tenant_session(ctx) as session:
        draft = ExperimentDraft(name="Green button", hypothesis="Green is seen.")
        experiment = await service.create_experiment(session, ctx, draft)
        query = service.FLAGS.parse(filters=[f"experiment_id:eq:{experiment.id}"])
        flag = (await service.list_flags(session, ctx, query)).items[0]
    for refuse in (changed(ctx, flag, off_variation="control", rules=[]), acted(ctx, flag.id, FlagAction.ARCHIVE)):
        with pytest.raises(FlagOfExperiment):
            await refuse
    assert (await changed(ctx, flag, description="For the shop.")).description == "For the shop."
    assert not (await switched(ctx, flag.id, False)).enabled


@in_a_rollback
async def test_without_the_plan_a_flag_can_only_be_switched_off_and_put_away() -> None:
    ctx = make_context()
    flag = await made(ctx, "checkout")
    poor = make_context(ctx.tenant_id, entitlements=Entitlements())
    for refuse in (made(poor, "other"), changed(poor, flag, name="Other"), switched(poor, flag.id, True)):
        with pytest.raises(FeatureMissing):
            await refuse
    assert not (await switched(poor, flag.id, False)).enabled
    assert (await acted(poor, flag.id, FlagAction.ARCHIVE)).archived_at is not None


@in_a_rollback
async def test_a_suspended_tenant_changes_nothing() -> None:
    ctx = make_context()
    flag = await made(ctx, "checkout")
    with pytest.raises(ReadOnly):
        await switched(replace(ctx, read_only=True), flag.id, False)


@pytest.mark.usefixtures("committed_db")
async def test_two_at_once_close_no_circle() -> None:
    """Each alone would be fine; together they were a circle that neither saw."""
    ctx = make_context()
    a, b = await made(ctx, "a"), await made(ctx, "b")
    done = await asyncio.gather(changed(ctx, a, **needs("b")), changed(ctx, b, **needs("a")), return_exceptions=True)
    refused = [error for error in done if isinstance(error, AtriumError)]
    assert [type(error) for error in refused] == [Invalid]
