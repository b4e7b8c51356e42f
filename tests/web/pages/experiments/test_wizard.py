"""The wizard of an experiment on the real database: step by step, back, saved anywhere, reviewed, started, refused."""

from typing import Any

import pytest
import reflex as rx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.schemas import ExperimentChange, ExperimentDraft
from enterprise_app.domains.experiments.vocabulary import ExperimentState, GuardrailAction
from enterprise_app.web.pages.experiments.drafting import STEPS
from enterprise_app.web.pages.experiments.editing import ExperimentFormState as Form
from enterprise_app.web.shell.toasts import ToastState
from tests.joined import JoinedSource
from tests.web.pages.experiments.test_experiments import only, orders
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_people import at

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.asyncio(loop_scope="session")
NEW = "/experiments/new"


async def step(root: rx.State, name: str, path: str = NEW) -> Any:
    """As if the browser had gone to that step."""
    at(root, f"{path}?step={name}")
    return await _call(root, Form, "load_new" if path == NEW else "load")


async def typed(root: rx.State, **words: str) -> Any:
    """Fields typed into and left."""
    for word, value in words.items():
        await _call(root, Form, "put", word=word, value=value)
    return await root.get_state(Form)


async def where(root: rx.State, name: str, **arguments: Any) -> list[str]:
    """Where the browser is sent by a handler."""
    state: Any = await root.get_state(Form)
    answer = Form.event_handlers[name].fn(state, **arguments)
    told = [one async for one in answer] if hasattr(answer, "__aiter__") else [await answer]
    return [str(one.args[0][1]._var_value) for one in told if one is not None]


async def test_each_step_asks_for_its_own_and_nothing_is_lost_on_the_way_back(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    root = at(act_as(owner), NEW)
    form = await _call(root, Form, "load_new")
    assert (form.step, set(form.marks.values()), form.errors) == ("idea", {""}, {})
    assert await where(root, "go_on", form={"name": " ", "hypothesis": "So."}) == []
    assert (set(form.errors), form.marks["idea"]) == ({"name"}, "wrong")
    assert await where(root, "go_on", form={"name": "Shorter form", "hypothesis": "So."}) == [f"{NEW}?step=variants"]
    form = await step(root, "variants")
    assert (form.marks["idea"], form.marks["variants"], form.errors) == ("done", "", {})
    other = form.variants[1].id
    assert await where(root, "go_on", form={f"{other}-weight": "20"}) == []
    assert (set(form.errors), form.marks["variants"]) == ({"variants"}, "wrong")
    form = await step(root, "idea")
    assert (form.values["name"], form.values["hypothesis"], form.errors) == ("Shorter form", "So.", {})
    form = await step(root, "variants")
    assert (set(form.errors), form.variants[1].weight) == ({"variants"}, "20")
    assert await where(root, "go_on", form={f"{other}-weight": "50"}) == [f"{NEW}?step=audience"]
    form = await step(root, "audience")
    assert await where(root, "go_on", form={"coverage": "half"}) == []
    assert set(form.errors) == {"coverage"}
    form = await step(root, "metrics")
    assert (form.marks["audience"], form.marks["metrics"]) == ("wrong", "")
    form = await step(root, "nonsense")
    assert form.step == "idea"


async def test_a_draft_is_kept_from_any_step_and_goes_on_at_its_own_address(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    root = act_as(owner)
    await step(root, "plan")
    form = await typed(root, plan_base="10", plan_effect="20", guardrail_action="ramp_down")
    assert form.plan.units
    assert await where(root, "save_draft") == [f"{NEW}?step=idea"], "it has no name yet"
    form = await step(root, "idea")
    assert set(form.errors) == {"name"}
    await typed(root, name="Shorter form")
    await step(root, "plan")
    [address] = await where(root, "save_draft")
    made = await only(owner)
    assert address == f"/experiments/{made.id}/edit?step=plan"
    assert (made.name, made.settings.guardrail_action) == ("Shorter form", GuardrailAction.RAMP_DOWN)
    at(root, address)
    await _call(root, Form, "leave")
    form = await _call(root, Form, "load")
    assert (form.step, form.values["plan_base"], form.title) == ("plan", "10", "Shorter form")
    await typed(root, hypothesis="So.")
    assert await where(root, "save_draft") == []
    assert ((await only(owner)).version, (await only(owner)).hypothesis) == (2, "So.")
    form = await _call(root, Form, "load")  # the page is loaded anew: as it is stored
    assert (form.values["plan_base"], form.values["guardrail_action"]) == ("", "ramp_down")
    await _call(root, Form, "leave")
    assert (await root.get_state(Form)).mark == ""


async def test_a_change_elsewhere_in_the_settings_is_kept(db: JoinedSource, owner: Context, act_as: Any) -> None:
    draft = {"name": "A", "settings": {"guardrail_action": "review", "allocation": "bandit"}}
    async with tenant_session(owner) as session:
        made = await service.create_experiment(session, owner, ExperimentDraft.model_validate(draft))
    root = act_as(owner)
    await step(root, "plan", f"/experiments/{made.id}/edit")
    await typed(root, power="90")
    await where(root, "save_draft")
    now = (await only(owner)).settings
    assert (now.power, now.guardrail_action.value, now.allocation.value) == (0.9, "review", "bandit")


async def test_the_review_says_what_is_missing_and_starts_what_is_whole(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    metric, root = await orders(owner), act_as(owner)
    form = await step(root, "review")
    assert {todo.href for todo in form.todos} == {"?step=idea", "?step=metrics"}
    assert (form.marks["idea"], form.marks["metrics"], form.marks["plan"]) == ("wrong", "missing", "done")
    await step(root, "idea")
    await typed(root, name="Shorter form", hypothesis="So.")
    await step(root, "metrics")
    await typed(root, primary=str(metric))
    await step(root, "plan")
    await typed(root, plan_base="10", plan_effect="20", plan_daily="1000", monitoring="fixed")
    form = await _call(root, Form, "take_plan")
    assert form.values["min_units"] == "3,841"
    await _call(root, Form, "add_condition", owner="")
    [row] = form.conditions
    await _call(root, Form, "put_condition", row_id=row.id, word="attribute", value="country")
    await _call(root, Form, "put_values", row_id=row.id, values=["DE", "AT"])
    form = await step(root, "review")
    assert (form.todos, {form.marks[name] for name in STEPS[:-1]}) == ([], {"done"})
    facts = {part.step: {fact.name: fact.value for fact in part.facts} for part in form.parts}
    assert facts["metrics"] == {"Primary metric: it decides": "Orders"}
    assert facts["plan"]["It takes"] == "8 days"
    targeting = facts["audience"]["Targeting"].replace("\u2068", "").replace("\u2069", "")
    assert ("country" in targeting, targeting.endswith("DE, AT")) == (True, True)
    [address] = await where(root, "start")
    made = await only(owner)
    assert (address, made.state, made.settings.min_units) == (
        f"/experiments/{made.id}",
        ExperimentState.RUNNING,
        3841,
    )


async def test_a_start_that_is_refused_leads_to_its_step_and_makes_no_second_one(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    root = act_as(owner)
    await step(root, "idea")
    await typed(root, name="Shorter form", hypothesis="So.")
    await step(root, "review")
    [address] = await where(root, "start")
    made = await only(owner)
    assert (address, made.state) == (f"/experiments/{made.id}/edit?step=metrics", ExperimentState.DRAFT)
    at(root, address)
    form = await _call(root, Form, "load")
    assert (form.step, form.marks["metrics"]) == ("metrics", "missing")
    await typed(root, primary=str(await orders(owner)))
    await step(root, "review", f"/experiments/{made.id}/edit")
    assert await where(root, "start") == [f"/experiments/{made.id}"]
    assert (await only(owner)).state is ExperimentState.RUNNING


async def test_who_saves_second_is_told_and_keeps_what_was_typed(db: JoinedSource, owner: Context, act_as: Any) -> None:
    async with tenant_session(owner) as session:
        made = await service.create_experiment(session, owner, ExperimentDraft(name="A"))
    root = act_as(owner)
    await step(root, "idea", f"/experiments/{made.id}/edit")
    async with tenant_session(owner) as session:
        await service.update_experiment(session, owner, made.id, 1, ExperimentChange(name="B"))
    await typed(root, name="C")
    assert await where(root, "save_draft") == []
    assert await _messages(root) == ["error"]
    text = (await root.get_state(ToastState)).items[-1].text
    assert text == "Someone else saved first. Load it again and repeat your change."
    form = await root.get_state(Form)
    assert (form.values["name"], form.saving, (await only(owner)).name) == ("C", False, "B")
