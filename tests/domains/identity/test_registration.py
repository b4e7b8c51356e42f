"""TEN-01: one form, one transaction; nothing is left of a registration that breaks anywhere."""

from unittest.mock import patch

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy import event

from enterprise_app.core import settings as core_settings
from enterprise_app.core.errors import Invalid
from enterprise_app.domains.identity import service
from enterprise_app.domains.identity.errors import AccountExists, RegistrationClosed
from enterprise_app.domains.identity.service import registration
from tests.domains.identity.world import draft, registered, visitor
from tests.joined import JoinedSource

pytestmark = pytest.mark.asyncio(loop_scope="session")
TABLES = (
    "accounts", "audit_log", "audit_heads", "event_outbox", "event_deliveries", "members", "tenants", "usage_counters",
)  # fmt: skip


async def counts(db: JoinedSource) -> dict[str, int]:
    """Rows of every table that a registration writes."""
    return {t: (await db.connection.execute(sa.text(f"SELECT count(*) FROM {t}"))).scalar_one() for t in TABLES}


async def test_tenant_owner_and_trial_stand_together(db: JoinedSource) -> None:
    made = await registered("acme")
    found = await counts(db)
    assert made.url == "http://acme.atrium.localhost:8000"
    assert (found["accounts"], found["members"], found["tenants"]) == (1, 1, 2)
    row = (await db.connection.execute(sa.text("SELECT trial_ends_at, zone FROM tenants WHERE slug = 'acme'"))).one()
    assert row.trial_ends_at is not None
    assert row.zone == "UTC"
    used = await db.connection.execute(sa.text("SELECT used FROM usage_counters WHERE resource = 'members'"))
    assert used.scalar_one() == 1


@pytest.mark.parametrize(
    "step", ["add_account", "tenancy.create_tenant", "tenancy.entitlements_of", "add_member", "Registered"]
)
async def test_a_crash_at_any_step_leaves_nothing(db: JoinedSource, step: str) -> None:
    before = await counts(db)
    target = f"{registration.__name__}.{step}"
    with patch(target, side_effect=RuntimeError("crash")), pytest.raises(RuntimeError):
        await registered("acme")
    assert await counts(db) == before


@pytest.mark.parametrize("statement", ["INSERT INTO members", "INSERT INTO event_outbox", "INSERT INTO audit_log"])
async def test_a_failing_statement_leaves_nothing(db: JoinedSource, statement: str) -> None:
    before = await counts(db)
    seen = 0

    def fail(_c: object, _cursor: object, sql: str, *_: object) -> None:
        nonlocal seen
        if statement in sql:
            seen += 1
            raise RuntimeError("crash")

    event.listen(db.connection.sync_connection, "before_cursor_execute", fail)
    with pytest.raises(Exception, match="crash"):
        await registered("acme")
    event.remove(db.connection.sync_connection, "before_cursor_execute", fail)
    assert seen == 1
    assert await counts(db) == before


async def test_the_operator_can_close_registration(db: JoinedSource) -> None:
    closed = core_settings.get_settings().model_copy(update={"self_registration": False})
    with patch.object(registration, "get_settings", return_value=closed), pytest.raises(RegistrationClosed):
        await registered("acme")


async def test_an_account_must_prove_its_password(db: JoinedSource) -> None:
    first = await registered("acme")
    with pytest.raises(AccountExists):
        await registered("umbrella", email="ADA@acme.example", password=SecretStr("somebody else's guess"))
    second = await registered("umbrella", email="ADA@acme.example")
    assert second.account_id == first.account_id


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("slug", "admin", "slug_reserved"),
        ("slug", "аcme", "slug_lookalike"),
        ("slug", "a--b", "slug_hyphens"),
        ("owner_name", "x" * 300, "too_long"),
        ("owner_name", "Ada\r\nBcc: all@example.com", "control_characters"),
        ("owner_name", "\u202egrave", "control_characters"),
        ("owner_name", "  ", "required"),
        ("email", "not an e-mail", "email_invalid"),
        ("email", "a@b.example\nBcc: c@d.example", "email_invalid"),
        ("password", "short", "password_short"),
        ("password", "password123", "password_common"),
        ("locale", "xx", "not_one_of"),
        ("zone", "Mars/Olympus", "zone_unknown"),
    ],
)
async def test_bad_input_names_the_field(db: JoinedSource, field: str, value: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await service.register_tenant(visitor(), draft("acme", **{field: value}))
    assert [(p.field, p.code) for p in refused.value.problems] == [(field, code)]


@pytest.mark.parametrize("name", ["محمد بن سلمان", "🦊 Fox", "日本語", "O'Neill; DROP TABLE members", "x" * 200])
async def test_any_script_is_a_name(db: JoinedSource, name: str) -> None:
    made = await registered("acme", owner_name=name)
    query = sa.text("SELECT name FROM members WHERE id = :id")
    assert (await db.connection.execute(query, {"id": made.member_id})).scalar_one() == name
