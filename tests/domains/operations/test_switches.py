"""The operator turns parts of the platform off, and it is written down."""

import pytest

from enterprise_app.core import mail, switches
from enterprise_app.core.context import PLATFORM_TENANT_ID, Actor, ActorKind, Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden, Unavailable
from enterprise_app.core.switches import Switch
from enterprise_app.core.texts import has_text
from enterprise_app.core.vocabulary.permissions import OPERATOR_PERMISSIONS
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.identity.errors import RegistrationClosed
from enterprise_app.domains.operations import service
from enterprise_app.domains.operations.schemas import SwitchTurn
from tests.domains.identity.world import registered
from tests.factories import make_context

OPERATOR = Context(PLATFORM_TENANT_ID, Actor(ActorKind.OPERATOR, name="Op"), OPERATOR_PERMISSIONS)


@pytest.fixture(autouse=True)
def untouched():
    """What one test turned, the next doesn't know."""
    switches.forget()
    yield
    switches.forget()


async def test_self_registration_is_turned_off_and_on_again(db):
    states = {state.name: state.on for state in (await service.list_switches(OPERATOR)).items}
    assert states == dict.fromkeys(Switch, True)
    off = await service.turn_switch(OPERATOR, Switch.SELF_REGISTRATION, SwitchTurn(on=False, reason="spam"))
    assert (off.on, off.reason, off.changed_by) == (False, "spam", "Op")
    with pytest.raises(Unavailable):
        await switches.require(Switch.SELF_REGISTRATION)
    await service.turn_switch(OPERATOR, Switch.SELF_REGISTRATION, SwitchTurn(on=True, reason="over"))
    await switches.require(Switch.SELF_REGISTRATION)
    async with tenant_session(OPERATOR) as session:
        entries = (await audit.list_entries(session, OPERATOR)).items
    assert [(e.verb, e.target_id, e.after, e.reason) for e in entries] == [
        ("switch.changed", "self_registration", {"on": True}, "over"),
        ("switch.changed", "self_registration", {"on": False}, "spam"),
    ]


async def test_turning_it_where_it_is_changes_nothing(db):
    await service.turn_switch(OPERATOR, Switch.MAIL, SwitchTurn(on=True, reason="no change"))
    async with tenant_session(OPERATOR) as session:
        assert (await audit.list_entries(session, OPERATOR)).items == []


async def test_an_owner_may_not(db):
    with pytest.raises(Forbidden):
        await service.list_switches(make_context())
    with pytest.raises(Forbidden):
        await service.turn_switch(make_context(), Switch.MAIL, SwitchTurn(on=False, reason="x"))


async def _off(switch: Switch) -> None:
    await service.turn_switch(OPERATOR, switch, SwitchTurn(on=False, reason="test"))


async def test_registration_is_really_closed(db):
    await _off(Switch.SELF_REGISTRATION)
    with pytest.raises(RegistrationClosed):
        await registered("acme")
    await service.turn_switch(OPERATOR, Switch.SELF_REGISTRATION, SwitchTurn(on=True, reason="over"))
    await registered("acme")


async def test_events_imports_and_mails_really_stop(db, tmp_path):
    await _off(Switch.INGESTION)
    with pytest.raises(Unavailable):
        await analytics.authenticate("atw_whatever", None)
    await _off(Switch.IMPORTS)
    path = tmp_path / "a.log"
    path.write_text("")
    with pytest.raises(Unavailable):
        await analytics.import_file(make_context(), path, FileFormat.ACCESS_LOG)
    await _off(Switch.MAIL)
    with pytest.raises(Unavailable):
        await mail.send(mail.Mail(to="ada@acme.example", subject="Hello", text="Hello"))
    assert await mail.list_letters() == []


async def test_what_is_known_is_read_again_and_the_refusal_has_words(db, monkeypatch):
    assert await switches.is_on(Switch.INGESTION)
    monkeypatch.setattr(switches, "KNOWN_FOR", -1.0)
    assert await switches.is_on(Switch.INGESTION)
    assert has_text("errors.switched_off")
