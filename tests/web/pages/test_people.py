"""The pages of people on the real database: found, moved, edited, merged and taken apart."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import reflex as rx
from reflex.istate.data import ReflexURL, URLData

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.domains.profiles import service
from enterprise_app.domains.profiles.schemas import Profile, ProfileDraft
from enterprise_app.domains.profiles.vocabulary import Stage
from enterprise_app.web.pages.people.editing import PersonFormState
from enterprise_app.web.pages.people.merging import MergingState
from enterprise_app.web.pages.people.one import PersonState
from enterprise_app.web.pages.people.state import PeopleState
from enterprise_app.web.shell.toasts import ToastState
from tests.joined import JoinedSource
from tests.web.pages.test_admin import _call, _messages, act_as, owner

__all__ = ["act_as", "owner"]


async def made(ctx: Context, **traits: Any) -> Profile:
    async with tenant_session(ctx) as session:
        return await service.create_profile(session, ctx, ProfileDraft(traits=traits))


async def now(ctx: Context, person: Profile) -> Profile:
    async with tenant_session(ctx) as session:
        return await service.get_profile(session, ctx, person.id)


def at(root: rx.State, path: str) -> rx.State:
    """As if the browser stood there."""
    root.rx_router_url = URLData.from_url(ReflexURL(f"http://acme.test{path}"))  # pyright: ignore
    return root


async def undo(root: rx.State) -> None:
    """The way back that the last message offers, as its button calls it."""
    toasts = await root.get_state(ToastState)
    name, handler, arguments = next(toasts._undo[item.id] for item in reversed(toasts.items) if item.can_undo)
    state: Any = rx.State.get_class_substate(name)
    await _call(root, state, handler, **arguments)


async def test_people_are_found_and_moved_with_a_way_back(db: JoinedSource, owner: Context, act_as: Any) -> None:
    ada, grace = await made(owner, name="Ada", country="GB"), await made(owner, name="Grace", email="g@example.com")
    root = at(act_as(owner), "/people?country=gb")
    people = await _call(root, PeopleState, "load")
    assert [row.name for row in people.rows] == ["Ada"]
    at(root, "/people?has_email=true&stage=nonsense")
    assert [row.name for row in (await _call(root, PeopleState, "load")).rows] == ["Grace"]
    at(root, "/people")
    await _call(root, PeopleState, "load")
    await _call(root, PeopleState, "set_stage", key=str(ada.id), stage="customer")
    assert (await now(owner, ada)).stage is Stage.CUSTOMER
    await undo(root)
    assert (await now(owner, ada)).stage is Stage.LEAD
    await _call(root, PeopleState, "put", key=str(grace.id), name="archive")
    assert [row.name for row in (await root.get_state(PeopleState)).rows] == ["Ada"]
    await undo(root)
    assert (await now(owner, grace)).archived_at is None
    for key, stage in (("no id", "lost"), (str(ada.id), "hero"), (str(UUID(int=1)), "lost")):
        await _call(root, PeopleState, "set_stage", key=key, stage=stage)
    assert (await _messages(root))[-3:] == ["error"] * 3


async def test_many_are_moved_at_once_and_who_refuses_is_named(db: JoinedSource, owner: Context, act_as: Any) -> None:
    ada, grace = await made(owner, name="Ada"), await made(owner, name="Grace")
    root = at(act_as(owner), "/people")
    await _call(root, PeopleState, "load")
    people = await _call(root, PeopleState, "choose_all", ticked=True)
    assert sorted(people.chosen) == sorted([str(ada.id), str(grace.id)])
    async with tenant_session(owner) as session:
        await service.archive_profile(session, owner, grace.id)
    await _call(root, PeopleState, "act_on_chosen", name="set_stage", stage="lost")
    assert (await now(owner, ada)).stage is Stage.LOST
    shown = (await root.get_state(ToastState)).items
    assert [item.kind for item in shown] == ["success", "warning"]
    assert "Grace" in shown[-1].text


async def test_the_form_says_what_is_wrong_at_the_field(db: JoinedSource, owner: Context, act_as: Any) -> None:
    root = at(act_as(owner), "/people")
    form = await _call(root, PersonFormState, "start")
    for fields, wrong in (({"email": "nonsense"}, "email"), ({}, "name"), ({"user_id": "null"}, "user_id")):
        form = await _call(root, PersonFormState, "save", form=fields)
        assert list(form.errors) == [wrong], fields
        assert form.open
        assert not form.saving
    await _call(root, PersonFormState, "save", form={"name": "Ada", "user_id": "u1", "stage": "customer"})
    async with tenant_session(owner) as session:
        ada = await service.find_profile(session, owner, "u1")
    assert ada is not None
    assert (ada.name, ada.stage) == ("Ada", Stage.CUSTOMER)
    form = await _call(root, PersonFormState, "save", form={"name": "Other", "user_id": "u1"})
    assert list(form.errors) == ["user_id"]
    form = await _call(root, PersonFormState, "edit", key=str(ada.id))
    assert form.values["name"] == "Ada"
    changed = {"name": "Ada King", "trait": "plan", "value": "pro"}
    await _call(root, PersonFormState, "save", form=changed)
    assert (await now(owner, ada)).traits == {"name": "Ada King", "plan": "pro"}


async def test_merging_shows_what_comes_and_is_undone_from_the_message(
    db: JoinedSource, owner: Context, act_as: Any
) -> None:
    mail = "a@example.com"
    ada, twin = await made(owner, name="Ada", email=mail), await made(owner, plan="pro", email=mail)
    root = at(act_as(owner), f"/people/{ada.id}")
    page = await _call(root, PersonState, "load")
    assert [row.id for row in page.twins] == [str(twin.id)]
    dialog = await _call(root, MergingState, "start")
    assert [row.id for row in dialog.found] == [str(twin.id)]
    dialog = await _call(root, MergingState, "choose", key=str(twin.id))
    assert ("plan", "", "pro", "pro") in [(row.id, row.target, row.source, row.result) for row in dialog.rows]
    await _call(root, MergingState, "merge")
    assert (await now(owner, twin)).merged_into == ada.id
    page = await _call(root, PersonState, "load")
    assert ([merge.open for merge in page.merges], page.twins) == ([True], [])
    other = await _call(at(root, f"/people/{twin.id}"), PersonState, "load")
    assert (other.part_of, other.missing) == (str(ada.id), False)
    await undo(root)
    assert (await now(owner, twin)).merged_into is None


async def test_who_may_not_read_people_sees_nothing(db: JoinedSource, owner: Context, act_as: Any) -> None:
    ada = await made(owner, name="Ada")
    root = at(act_as(replace(owner, permissions=owner.permissions - {Permission.PROFILES_READ})), f"/people/{ada.id}")
    page = await _call(root, PersonState, "load")
    assert (page.name, page.loading) == ("", True)
    reader = replace(owner, permissions=owner.permissions - {Permission.PROFILES_MANAGE, Permission.EVENTS_READ})
    root = at(act_as(reader), f"/people/{ada.id}")
    page = await _call(root, PersonState, "load")
    assert (page.name, page.sees_events, page.events) == ("Ada", False, [])
    await _call(root, PersonState, "set_stage", stage="lost")
    await _call(root, PersonState, "drop_trait", name="name")
    assert (await now(owner, ada)) == ada
