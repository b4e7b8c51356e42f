"""The list and the editor of experiments on the real database: typed, refused at the field, saved, started, undone."""

from typing import Any
from uuid import UUID

import pytest
import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.metric_schemas import MetricDraft
from enterprise_app.domains.experiments.schemas import Experiment, ExperimentDraft
from enterprise_app.domains.experiments.vocabulary import ExperimentAction, ExperimentState
from enterprise_app.web.pages.experiments.actions import ExperimentHeadState
from enterprise_app.web.pages.experiments.editing import ExperimentFormState
from enterprise_app.web.pages.experiments.state import ExperimentsState
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_people import at, undo

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def orders(ctx: Context, key: str = "orders") -> UUID:
    definition = {"kind": "proportion", "event": {"name": "Order Completed"}}
    draft = MetricDraft.model_validate({"name": key.title(), "key": key, "definition": definition})
    async with tenant_session(ctx) as session:
        return (await service.create_metric(session, ctx, draft)).id


async def only(ctx: Context) -> Experiment:
    async with tenant_session(ctx) as session:
        page = await service.list_experiments(session, ctx, service.EXPERIMENTS.parse())
    assert len(page.items) == 1
    return page.items[0]


async def saved(root: rx.State, **form: Any) -> Any:
    """The editor of a new experiment, filled and saved."""
    at(root, "/experiments/new")
    await _call(root, ExperimentFormState, "load_new")
    return await _call(root, ExperimentFormState, "save", form=form)


async def test_a_new_one_has_good_defaults_and_is_saved_as_typed(db: JoinedSource, owner: Context, act_as: Any) -> None:
    metric, root = await orders(owner), at(act_as(owner), "/experiments/new")
    form = await _call(root, ExperimentFormState, "load_new")
    assert [(row.key, row.weight, row.is_control) for row in form.variants] == [
        ("control", "50", True),
        ("a", "50", False),
    ]
    assert (form.sum, form.sum_fits, form.values["alpha"]) == ("100%", True, "95")
    assert [option.label for option in form.choices.metrics] == ["Orders"]
    form = await _call(root, ExperimentFormState, "add_variant")
    assert ([row.weight for row in form.variants], form.sum_fits) == (["33.34", "33.33", "33.33"], True)
    await _call(root, ExperimentFormState, "add_condition", owner="")
    condition = form.conditions[0].id
    await _call(root, ExperimentFormState, "put_values", row_id=condition, values=["DE", "42"])
    first = form.variants[1].id
    typed = {"name": " Green  button ", "hypothesis": "It is seen.", "primary": str(metric), "coverage": "12.5"}
    typed |= {f"{first}-name": "Green", f"{condition}-attribute": "country"}
    await _call(root, ExperimentFormState, "tick", word="auto_winner", ticked=False)
    await _call(root, ExperimentFormState, "tick", word="no such", ticked=False)
    await _call(root, ExperimentFormState, "save", form=typed)
    made = await only(owner)
    assert (made.name, made.key, made.coverage) == ("Green button", "green-button", 0.125)
    assert [variant.name for variant in made.variants] == ["Control", "Green", "B"]
    assert sum(variant.weight for variant in made.variants) == pytest.approx(1)
    assert made.targeting[0].values == ["DE", "42", 42]
    assert (made.primary_metric_id, made.holdout, made.settings.auto_winner) == (metric, True, False)


async def test_what_is_wrong_is_told_at_its_row_and_nothing_is_lost(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    root = at(act_as(owner), "/experiments/new")
    form = await _call(root, ExperimentFormState, "load_new")
    other = form.variants[1].id
    typed = {"name": "", "hypothesis": "Because.", f"{other}-key": "bad key", f"{other}-weight": "20"}
    form = await _call(root, ExperimentFormState, "save", form=typed)
    assert {"name", other} <= set(form.errors)
    assert (form.values["hypothesis"], form.variants[1].key, form.saving) == ("Because.", "bad key", False)
    typed |= {"name": "Green", f"{other}-key": "green"}
    form = await _call(root, ExperimentFormState, "save", form=typed)
    assert set(form.errors) == {"variants"}
    form = await _call(root, ExperimentFormState, "save", form=typed | {f"{other}-weight": "much"})
    assert set(form.errors) == {other}


async def test_the_plan_follows_what_is_typed(db: JoinedSource, owner: Context, act_as: Any) -> None:
    root = at(act_as(owner), "/experiments/new")
    form = await _call(root, ExperimentFormState, "load_new")
    assert form.plan.units == ""
    for word, value in (("plan_base", "10"), ("plan_effect", "20"), ("plan_daily", "1000"), ("monitoring", "fixed")):
        form = await _call(root, ExperimentFormState, "put", word=word, value=value)
    assert (form.plan.units, form.plan.effect, form.plan.days) == ("3,841", "10% → 12%", "8 days")
    form = await _call(root, ExperimentFormState, "put", word="coverage", value="50")
    assert form.plan.days == "16 days"
    form = await _call(root, ExperimentFormState, "put", word="plan_base", value="ten")
    assert form.plan.problem
    assert form.errors == {}


async def test_a_start_says_what_is_missing_and_freezes_what_is_there(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    metric, root = await orders(owner), act_as(owner)
    await saved(root, name="Green")
    made = await only(owner)
    at(root, f"/experiments/{made.id}")
    head = await _call(root, ExperimentHeadState, "load")
    assert (head.name, head.state, head.actions) == ("Green", "draft", ["start", "archive"])
    head = await _call(root, ExperimentHeadState, "act", name="start")
    assert {"hypothesis", "metrics"} <= set(head.errors)
    at(root, f"/experiments/{made.id}/edit")
    await _call(root, ExperimentFormState, "load")
    await _call(root, ExperimentFormState, "save", form={"name": "Green", "hypothesis": "So.", "primary": str(metric)})
    at(root, f"/experiments/{made.id}")
    await _call(root, ExperimentHeadState, "act", name="start")
    head = await _call(root, ExperimentHeadState, "load")
    assert (head.state, head.actions, head.errors) == ("running", ["pause", "stop"], {})
    await _call(root, ExperimentHeadState, "act", name="pause")
    assert (await only(owner)).paused_at is not None
    await undo(root)
    assert (await only(owner)).paused_at is None
    at(root, "/experiments?state=running")
    listed = await _call(root, ExperimentsState, "load")
    assert [(row.name, row.percent, row.progress) for row in listed.rows] == [("Green", 0, "0 of 1,000")]


async def test_an_edit_that_changes_nothing_makes_no_new_plan(db: JoinedSource, owner: Context, act_as: Any) -> None:
    metric, root = await orders(owner), act_as(owner)
    adults = {"attribute": "age", "operator": "eq", "values": [42]}  # as a number only, which a page would not say
    draft = {"name": "Green", "hypothesis": "So.", "targeting": [adults]}
    draft |= {"metrics": [{"metric_id": metric, "role": "primary"}]}
    async with tenant_session(owner) as session:
        made = await service.create_experiment(session, owner, ExperimentDraft.model_validate(draft))
    at(root, f"/experiments/{made.id}")
    await _call(root, ExperimentHeadState, "load")
    await _call(root, ExperimentHeadState, "act", name="start")
    at(root, f"/experiments/{made.id}/edit")
    form = await _call(root, ExperimentFormState, "load")
    await _call(root, ExperimentFormState, "save", form={"name": "Greener", **form.values} | {"name": "Greener"})
    now = await only(owner)
    assert (now.name, now.plan_version) == ("Greener", 1)
    await _call(root, ExperimentFormState, "load")
    await _call(root, ExperimentFormState, "save", form={"coverage": "50"})
    now = await only(owner)
    assert (now.coverage, now.plan_version, now.state) == (0.5, 2, ExperimentState.RUNNING)


async def test_hostile_arguments_do_nothing(db: JoinedSource, owner: Context, act_as: Any) -> None:
    root = act_as(owner)
    await saved(root, name="Green")
    await _call(root, ExperimentsState, "load")
    for key, name in (("no id", "pause"), (str(UUID(int=1)), "archive"), (str((await only(owner)).id), "explode")):
        await _call(root, ExperimentsState, "act", key=key, name=name)
    assert (await _messages(root))[-3:] == ["error"] * 3
    at(root, "/experiments/nonsense/edit")
    assert (await _call(root, ExperimentFormState, "load")).missing
    form = await _call(root, ExperimentFormState, "load_new")
    for _ in range(9):
        form = await _call(root, ExperimentFormState, "add_variant")
    assert len(form.variants) == 5
    for row in list(form.variants):
        form = await _call(root, ExperimentFormState, "drop_variant", row_id=row.id)
    assert [row.is_control for row in form.variants] == [True, False]


async def test_the_list_asks_once_for_the_sample_of_all_that_run(
    db: JoinedSource, owner: Context, act_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = await orders(owner)
    uses = [{"metric_id": metric, "role": "primary"}]
    async with tenant_session(owner) as session:
        for name in ("One", "Two", "Draft"):
            draft = ExperimentDraft.model_validate({"name": name, "hypothesis": "So.", "metrics": uses})
            made = await service.create_experiment(session, owner, draft)
            if name != "Draft":
                await service.act_on_experiment(session, owner, made.id, ExperimentAction.START)
    asked: list[int] = []
    counts = service.list_exposures

    async def counted(session: Any, ctx: Context, ids: Any) -> Any:
        asked.append(len(ids))
        return await counts(session, ctx, ids)

    monkeypatch.setattr(service, "list_exposures", counted)
    listed = await _call(at(act_as(owner), "/experiments?sort=name"), ExperimentsState, "load")
    assert [(row.name, row.progress) for row in listed.rows] == [
        ("Draft", ""),
        ("One", "0 of 1,000"),
        ("Two", "0 of 1,000"),
    ]
    assert asked == [2]
