"""The pages of flags, layers and hold-outs on the real database."""

from typing import Any
from uuid import UUID

import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.domains.experiments import service
from enterprise_app.domains.experiments.flag_schemas import Flag, FlagDraft
from enterprise_app.web.pages.experiments.flag_form import FlagFormState
from enterprise_app.web.pages.experiments.flags import FlagsState
from enterprise_app.web.pages.experiments.layers import LayersState
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner
from tests.web.pages.test_people import at, undo

__all__ = ["act_as", "owner"]
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def only(ctx: Context) -> Flag:
    async with tenant_session(ctx) as session:
        page = await service.list_flags(session, ctx, service.FLAGS.parse())
    assert len(page.items) == 1
    return page.items[0]


async def test_a_flag_is_made_with_a_rule_and_a_split_and_switched_off(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    root = at(act_as(owner), "/flags/new")
    form = await _call(root, FlagFormState, "load_new")
    assert [row.key for row in form.variations] == ["on", "off"]
    form = await _call(root, FlagFormState, "save", form={"name": "New", "key": "no good"})
    assert set(form.errors) == {"key"}
    await _call(root, FlagFormState, "add_rule")
    form = await _call(root, FlagFormState, "add_condition", owner=form.rules[1].id)
    rule, condition = form.rules[1].id, form.conditions[0].id
    await _call(root, FlagFormState, "put_values", row_id=condition, values=["DE"])
    form = await _call(root, FlagFormState, "put_rule", row_id=rule, word="serve", value="split")
    first, second = (row.id for row in form.portions)
    typed = {"name": "New", "key": "new", f"{condition}-attribute": "country", f"{rule}-name": "Germans"}
    form = await _call(root, FlagFormState, "save", form=typed | {f"{first}-weight": "20"})
    assert set(form.errors) == {rule}
    await _call(root, FlagFormState, "save", form=typed | {f"{first}-weight": "20", f"{second}-weight": "80"})
    made = await only(owner)
    split = made.rules[0].serve.split or []
    assert [(part.variation, part.weight) for part in split] == [("on", 0.2), ("off", 0.8)]
    assert (made.rules[0].name, made.serve.variation, made.off_variation) == ("Germans", "on", "off")
    at(root, f"/flags/{made.id}")
    form = await _call(root, FlagFormState, "load")
    assert '"new"' in form.code
    await _call(root, FlagFormState, "switch", key=str(made.id), on=False)
    assert not (await only(owner)).enabled
    await undo(root)
    assert (await only(owner)).enabled
    await _call(root, FlagFormState, "load")
    await _call(root, FlagFormState, "save", form={"name": "Newer"})
    after = await only(owner)
    assert (after.name, after.rules, after.serve) == ("Newer", made.rules, made.serve)


async def test_values_of_another_kind_and_circles_are_told_at_the_row(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    async with tenant_session(owner) as session:
        await service.create_flag(session, owner, FlagDraft.model_validate({"name": "Old", "key": "old"}))
    root = at(act_as(owner), "/flags/new")
    await _call(root, FlagFormState, "load_new")
    form = await _call(root, FlagFormState, "set_kind", value="number")
    bad = form.variations[0].id
    form = await _call(root, FlagFormState, "save", form={"name": "N", "key": "n", f"{bad}-value": "much"})
    assert set(form.errors) == {bad}
    form = await _call(root, FlagFormState, "save", form={f"{bad}-value": "true"})
    assert set(form.errors) == {bad}
    await _call(root, FlagFormState, "add_prerequisite")
    needed = form.prerequisites[0].id
    typed = {f"{bad}-value": "3", f"{needed}-flag": "old", f"{needed}-variations": "maybe"}
    form = await _call(root, FlagFormState, "save", form=typed)
    assert set(form.errors) == {needed}
    await _call(root, FlagFormState, "save", form={f"{needed}-variations": "on"})
    async with tenant_session(owner) as session:
        page = await service.list_flags(session, owner, service.FLAGS.parse(filters=["key:eq:n"]))
    assert [variation.value for variation in page.items[0].variations] == [3, 0]


async def test_the_list_switches_asks_and_archives(db: JoinedSource, owner: Context, act_as: Any) -> None:
    async with tenant_session(owner) as session:
        flag = await service.create_flag(session, owner, FlagDraft.model_validate({"name": "Old", "key": "old"}))
    root = at(act_as(owner), "/flags?enabled=true")
    listed = await _call(root, FlagsState, "load")
    assert [row.key for row in listed.rows] == ["old"]
    assert (await _call(root, FlagsState, "ask", key=str(flag.id))).asking == str(flag.id)
    listed = await _call(root, FlagsState, "switch", key=str(flag.id), on=False)
    assert (listed.rows, listed.asking) == ([], "")
    await undo(root)
    await _call(root, FlagsState, "put", key=str(flag.id), name="archive")
    await undo(root)
    assert (await only(owner)).archived_at is None
    for key in ("no id", str(UUID(int=1))):
        await _call(root, FlagsState, "switch", key=key, on=True)
    assert (await _messages(root))[-2:] == ["error"] * 2


async def test_layers_and_hold_outs_are_made_renamed_and_put_away(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    root = at(act_as(owner), "/experiments/layers")
    await _call(root, LayersState, "start", kind="layer")
    page = await _call(root, LayersState, "save", form={"name": "Checkout", "key": "bad key"})
    assert (set(page.errors), page.open) == ({"key"}, "layer")
    await _call(root, LayersState, "save", form={"name": "Checkout", "key": "checkout"})
    await _call(root, LayersState, "start", kind="holdout")
    page = await _call(root, LayersState, "save", form={"name": "Nobody", "key": "nobody", "share": "90"})
    assert set(page.errors) == {"share"}
    await _call(root, LayersState, "save", form={"name": "Nobody", "key": "nobody", "share": "2.5"})
    page = await _call(root, LayersState, "load")
    assert [(row.name, row.share) for row in page.holdouts] == [("Nobody", "2.5%")]
    key = page.layers[0].id
    await _call(root, LayersState, "edit", kind="layer", key=key)
    await _call(root, LayersState, "save", form={"name": "Basket", "description": ""})
    page = await _call(root, LayersState, "load")
    assert [row.name for row in page.layers] == ["Basket"]
    await _call(root, LayersState, "put", kind="layer", key=key, name="archive")
    assert (await _call(root, LayersState, "load")).layers == []
    await undo(root)
    assert len((await _call(root, LayersState, "load")).layers) == 1
