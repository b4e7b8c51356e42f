"""The administration's handlers on the real database, called as a browser calls them: with whatever arguments."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import HeaderData

from enterprise_app.core.clock import now
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS, Role
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.service.write_keys import find_key_owner
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.tenancy import service as tenancy
from enterprise_app.domains.tenancy.schemas import TenantSettings
from enterprise_app.web.pages.admin.api_keys import ApiKeysState
from enterprise_app.web.pages.admin.audit import AuditState
from enterprise_app.web.pages.admin.audit_views import AuditViewsState
from enterprise_app.web.pages.admin.counting import CountingState
from enterprise_app.web.pages.admin.inviting import InvitingState
from enterprise_app.web.pages.admin.keeping import KeepingState
from enterprise_app.web.pages.admin.members import MembersState
from enterprise_app.web.pages.admin.settings import SettingsState
from enterprise_app.web.pages.admin.usage import UsageState
from enterprise_app.web.pages.mailbox.state import Piece, pieces_of
from enterprise_app.web.pages.operator.tenants import OperatorTenantsState
from enterprise_app.web.shell.ports import Visit
from enterprise_app.web.shell.toasts import ToastState
from enterprise_app.web.shell.wiring import wiring
from tests.domains.analytics.test_tracking import new_source
from tests.domains.identity.world import joined, registered, signed_in
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class OneSession:
    """The session of whoever the test says; the contexts are real ones from the edge."""

    context: Context

    async def get_context(self, reference: str, visit: Visit) -> Context:
        return self.context


@pytest.fixture
async def owner(db: JoinedSource) -> Context:
    await registered("acme")
    return await signed_in("ada@acme.example", "acme")


@pytest.fixture
def act_as(monkeypatch: pytest.MonkeyPatch) -> Any:
    def act(context: Context) -> rx.State:
        monkeypatch.setattr(wiring, "sessions", OneSession(context))
        root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
        headers = {"x-atrium-host": "acme.test", "x-atrium-locale": "en", "x-atrium-session": "s"}
        root.router_data = {"headers": headers, "pathname": "/", "asPath": "/", "token": "t"}
        root.rx_router_headers = HeaderData.from_router_data(root.router_data)
        return root

    return act


async def _call(root: rx.State, cls: type[rx.State], name: str, /, **arguments: Any) -> Any:
    """Run a handler to its end, as the socket would, and give its state back."""
    state: Any = await root.get_state(cls)
    answer = cls.event_handlers[name].fn(state, **arguments)
    if hasattr(answer, "__aiter__"):
        async for _ in answer:
            pass
    else:
        await answer
    return state


async def _messages(root: rx.State) -> list[str]:
    return [item.kind for item in (await root.get_state(ToastState)).items]


async def _roles(ctx: Context) -> dict[str, Role]:
    async with tenant_session(ctx) as session:
        return {member.email: member.role for member in (await identity.list_members(session, ctx)).items}


async def test_a_member_can_neither_change_roles_nor_invite(owner: Context, act_as: Any):
    grace = await joined(owner, "acme", "grace@acme.example")
    root = act_as(grace)
    members = await _call(root, MembersState, "load")
    assert [row.email for row in members.rows] == ["ada@acme.example", "grace@acme.example"]
    own = next(row.id for row in members.rows if row.me)
    await _call(root, MembersState, "change_role", key=own, role="owner")
    members._asked, members.asking = members.rows[0].id, "remove"
    await _call(root, MembersState, "confirm")
    inviting = await _call(root, InvitingState, "invite", form={"email": "eve@acme.example", "role": "owner"})
    await _call(root, ApiKeysState, "create", form={"name": "x", "may-campaigns-read": "on"})
    assert await _messages(root) == ["error"] * 4
    assert inviting.link == ""
    assert await _roles(owner) == {"ada@acme.example": Role.OWNER, "grace@acme.example": Role.MEMBER}


async def test_the_owner_changes_a_role_and_may_take_it_back(owner: Context, act_as: Any):
    await joined(owner, "acme", "grace@acme.example")
    root = act_as(owner)
    members = await _call(root, MembersState, "load")
    grace = next(row for row in members.rows if not row.me)
    await _call(root, MembersState, "change_role", key=grace.id, role="manager")
    assert (await _roles(owner))["grace@acme.example"] is Role.MANAGER
    shown = (await root.get_state(ToastState)).items
    assert [(item.kind, item.can_undo) for item in shown] == [("success", True)]
    await _call(root, MembersState, "change_role", key="not on the page", role="owner")
    assert await _messages(root) == ["success", "error"]


async def test_inviting_shows_the_link_and_refusals_at_the_field(owner: Context, act_as: Any):
    root = act_as(owner)
    inviting = await _call(root, InvitingState, "invite", form={"email": "not an address", "role": "member"})
    assert list(inviting.errors) == ["email"]
    inviting = await _call(root, InvitingState, "invite", form={"email": "grace@acme.example", "role": "member"})
    assert "/invitation?token=" in inviting.link
    assert inviting.errors == {}
    inviting = await _call(root, InvitingState, "invite", form={"email": "grace@acme.example", "role": "member"})
    assert list(inviting.errors) == ["email"]
    members = await _call(root, MembersState, "load")
    assert [offer.email for offer in members.offers] == ["grace@acme.example"]


async def test_a_key_is_shown_once_and_a_second_press_makes_no_second_one(owner: Context, act_as: Any):
    root = act_as(owner)
    keys = await _call(root, ApiKeysState, "create", form={"name": "Import"})
    assert list(keys.errors) == ["permissions"]
    form = {"name": "Import", "may-campaigns-read": "on", "expires_on": "2999-01-31", "may-operator-tenants": "on"}
    for _ in range(2):
        keys = await _call(root, ApiKeysState, "create", form=form)
    assert keys.key.startswith("atr_")
    assert [(row.name, row.status, row.permissions) for row in keys.rows] == [("Import", "active", "1 permission")]
    await _call(root, ApiKeysState, "close")
    assert keys.key == ""


async def test_who_saves_settings_second_is_told(owner: Context, act_as: Any):
    root = act_as(owner)
    settings = await _call(root, SettingsState, "load")
    form = {"name": "Acme", "zone": "Europe/Berlin", "locale": "de", "currency": "eur", "week_start": "7"}
    settings = await _call(root, SettingsState, "save", form={**form, "ip_truncation": "on"})
    assert (settings.currency, settings.week_start, settings.ip_truncation) == ("EUR", "7", True)
    async with tenant_session(owner) as session:
        other = TenantSettings(name="Other", zone="UTC", locale="en", currency="USD")
        await tenancy.update_settings(session, owner, settings._version, other)
    settings = await _call(root, SettingsState, "save", form=form)
    assert settings.stale
    assert settings.name == "Acme"
    settings = await _call(root, SettingsState, "save", form={**form, "zone": "Mars/Base"})
    assert list(settings.errors) == ["zone"]


async def test_how_sessions_are_counted_is_saved_for_itself(owner: Context, act_as: Any):
    root = act_as(owner)
    counting = await _call(root, CountingState, "load")
    assert (counting.gap, counting.cut_at_midnight, counting.recounting) == ("30", False, False)
    counting = await _call(root, CountingState, "save", form={"session_gap_minutes": "481"})
    assert list(counting.errors) == ["session_gap_minutes"]
    form = {"session_gap_minutes": "45", "cut_at_midnight": "on"}
    counting = await _call(root, CountingState, "save", form=form)
    assert (counting.gap, counting.cut_at_midnight, counting.cut_at_campaign) == ("45", True, False)
    assert counting.recounting
    counting._version = 1
    counting = await _call(root, CountingState, "save", form=form | {"session_gap_minutes": "50"})
    assert (counting.stale, counting.gap) == (True, "45")


async def test_how_long_events_are_kept_is_saved_for_itself(owner: Context, act_as: Any):
    root = act_as(owner)
    keeping = await _call(root, KeepingState, "load")
    assert (keeping.imported, keeping.announced) == ("forever", "")
    assert "365" in keeping.kept
    keeping = await _call(root, KeepingState, "save", form={"imported": "days", "imported_days": "0"})
    assert list(keeping.errors) == ["imported_days"]
    keeping = await _call(root, KeepingState, "save", form={"imported": "days", "imported_days": ""})
    assert list(keeping.errors) == ["imported_days"]
    keeping = await _call(root, KeepingState, "save", form={"imported": "days", "imported_days": "90"})
    assert (keeping.imported, keeping.imported_days) == ("days", "90")
    keeping._version = 1
    keeping = await _call(root, KeepingState, "save", form={"imported": "plan", "imported_days": "90"})
    assert (keeping.stale, keeping.imported) == (True, "days")


async def test_the_trail_is_read_opened_and_verified(owner: Context, act_as: Any):
    root = act_as(owner)
    await _call(root, InvitingState, "invite", form={"email": "grace@acme.example", "role": "member"})
    trail = await _call(root, AuditState, "load")
    assert trail.rows[0].verb == "Invitation sent"
    await _call(root, AuditState, "open", key=trail.rows[0].id)
    assert ("email", "–", "grace@acme.example") in [(c.id, c.before, c.after) for c in trail.shown.changes]
    await _call(root, AuditState, "verify")
    assert trail.result.ok
    assert trail.result.text


async def test_the_filters_shown_are_kept_as_a_view_and_given_back(owner: Context, act_as: Any):
    root = act_as(owner)
    trail = await _call(root, AuditState, "load")
    await _call(root, AuditViewsState, "start")
    views = await _call(root, AuditViewsState, "save", form={"name": "Everything"})
    assert list(views.errors) == ["query"], "nothing is filtered"
    trail.picked = {**trail.picked, "actor": "Ada & co", "outcome": "refused"}
    views = await _call(root, AuditViewsState, "save", form={"name": ""})
    assert (list(views.errors), views.naming) == (["name"], True)
    for _ in range(2):
        views = await _call(root, AuditViewsState, "save", form={"name": "Refusals"})
    assert (views.errors, views.naming, views.saving) == ({}, False, False)
    trail = await _call(root, AuditState, "load")
    assert [(v.name, v.href) for v in trail.views] == [("Refusals", "/audit?actor=Ada+%26+co&outcome=refused")]
    await _call(root, AuditViewsState, "start")
    trail.picked = {**trail.picked, "outcome": "refused"}
    views = await _call(root, AuditViewsState, "save", form={"name": "refusals"})
    assert list(views.errors) == ["name"]


async def test_a_deleted_view_can_be_had_back_and_no_member_may_save_one(owner: Context, act_as: Any):
    root = act_as(owner)
    await _call(root, AuditViewsState, "restore", name="Mine", query="verb=sign_in")
    trail = await _call(root, AuditState, "load")
    await _call(root, AuditViewsState, "delete", key="not an id")
    await _call(root, AuditViewsState, "delete", key=trail.views[0].id)
    shown = (await root.get_state(ToastState)).items
    assert [(item.kind, item.can_undo) for item in shown] == [("error", False), ("success", True)]
    assert (await _call(root, AuditState, "load")).views == []
    root = act_as(await joined(owner, "acme", "grace@acme.example"))
    await _call(root, AuditViewsState, "restore", name="Hers", query="verb=sign_in")
    assert await _messages(root) == ["error"]


async def test_usage_says_what_is_used(owner: Context, act_as: Any):
    usage = await _call(act_as(owner), UsageState, "load")
    members = next(meter for meter in usage.meters if meter.id == "members")
    assert members.text.startswith("1 ")
    assert usage.on_trial


async def test_the_operators_console_is_closed_to_owners(owner: Context, act_as: Any):
    root = act_as(owner)
    console = await _call(root, OperatorTenantsState, "load")
    await _call(root, OperatorTenantsState, "choose_plan", key=str(owner.tenant_id), plan="ENTERPRISE")
    assert console.rows == []
    assert await _messages(root) == ["error", "error"]


async def test_the_operator_is_asked_before_events_would_go(owner: Context, act_as: Any, db: JoinedSource):
    source = await new_source(owner)
    key_owner = await find_key_owner(source.write_key)
    assert key_owner
    old = {"type": "track", "event": "E", "userId": "u", "timestamp": (now() - timedelta(days=100)).isoformat()}
    await analytics.take_messages(key_owner, [old])
    operator = Context(PLATFORM_TENANT_ID, Actor(ActorKind.OPERATOR, name="Op"), OPERATOR_PERMISSIONS)
    root, key = act_as(operator), str(owner.tenant_id)
    await _call(root, OperatorTenantsState, "load")
    console = await _call(root, OperatorTenantsState, "choose_plan", key=key, plan="STARTER")
    assert (console.moving, console.moving_name, console.moving_plan) == (key, "Acme", "Starter")
    assert "90" in console.moving_text
    assert console.moving_text.count("1") == 1
    assert console.rows[0].plan == "FREE"
    console = await _call(root, OperatorTenantsState, "stay")
    assert (console.moving, console.rows[0].plan) == ("", "FREE")
    console = await _call(root, OperatorTenantsState, "choose_plan", key=key, plan="ENTERPRISE")
    assert (console.moving, console.rows[0].plan) == ("", "ENTERPRISE"), "nothing goes: nothing is asked"
    await _call(root, OperatorTenantsState, "choose_plan", key=key, plan="FREE")
    console = await _call(root, OperatorTenantsState, "move")
    assert (console.moving, console.rows[0].plan) == ("", "FREE")


async def test_links_in_letters_are_found():
    pieces = pieces_of("Hello.\nOpen http://acme.atrium.localhost:8000/reset?token=a-b_c.\nBye")
    link = "http://acme.atrium.localhost:8000/reset?token=a-b_c"
    assert pieces == [Piece(text="Hello.\nOpen "), Piece(text=link, href=link), Piece(text=".\nBye")]
