"""Whoever changes the trail behind the platform's back is named, by kind and entry."""

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.errors import Forbidden
from enterprise_app.core.vocabulary.audit_verbs import AuditVerb
from enterprise_app.domains.audit import service
from enterprise_app.domains.audit.schemas import ChainReport, Target
from tests.factories import make_context

SHIFT = """
    UPDATE audit_log SET seq = seq + 1000 WHERE seq >= 4;
    UPDATE audit_log SET seq = seq - 999 WHERE seq > 1000;
    INSERT INTO audit_log SELECT tenant_id, 4, gen_random_uuid(), occurred_at, actor_kind, actor_id, on_behalf_of,
        actor_name, verb, target_kind, target_name, outcome, request_id, prev_hash, hash, target_id, reason, ip, agent,
        before, after FROM audit_log WHERE seq = 3
"""
SWAP = """
    UPDATE audit_log SET seq = -1 WHERE seq = 3; UPDATE audit_log SET seq = 3 WHERE seq = 4;
    UPDATE audit_log SET seq = 4 WHERE seq = -1
"""


@pytest.fixture
async def chain(committed_db) -> Context:
    """A tenant with six entries."""
    ctx = make_context()
    async with tenant_session(ctx) as session:
        for number in range(6):
            target = Target(kind="campaign", id=str(number), name="Σ")
            await service.record(session, ctx, AuditVerb.CAMPAIGN_CREATED, target, after={"n": number})
    return ctx


async def checked(ctx: Context) -> ChainReport:
    async with tenant_session(ctx) as session:
        return await service.verify(session, ctx.tenant_id)


def tamper(urls, statements: str) -> None:
    """As the administrator: nobody less may."""
    with psycopg.connect(urls.direct_admin) as connection:
        for statement in statements.split(";"):
            connection.execute(statement.encode())


@pytest.mark.parametrize(
    ("statements", "seq", "kind"),
    [
        ("UPDATE audit_log SET actor_name = 'Eve' WHERE seq = 3", 3, "changed"),
        ("UPDATE audit_log SET after = '{\"n\": 7}' WHERE seq = 6", 6, "changed"),
        ("UPDATE audit_log SET occurred_at = occurred_at + interval '1 microsecond' WHERE seq = 1", 1, "changed"),
        ("DELETE FROM audit_log WHERE seq = 3", 3, "deleted"),
        ("DELETE FROM audit_log WHERE seq IN (1, 2)", 1, "deleted"),
        ("DELETE FROM audit_log WHERE seq > 4", 5, "truncated"),
        ("DELETE FROM audit_log", 1, "truncated"),
        (SWAP, 3, "reordered"),
        (SHIFT, 4, "inserted"),
        ("UPDATE audit_heads SET seq = 5, hash = (SELECT hash FROM audit_log WHERE seq = 5)", 5, "head"),
        ("DELETE FROM audit_heads", 6, "head"),
        ("DELETE FROM audit_log WHERE seq > 4; DELETE FROM audit_heads", 4, "head"),
    ],
)
async def test_tampering_is_named(chain, committed_db, statements, seq, kind):
    assert (await checked(chain)).ok
    tamper(committed_db, statements)
    report = await checked(chain)
    assert (report.ok, report.breaks[0].seq, report.breaks[0].kind) == (False, seq, kind), report.breaks


async def test_a_chain_computed_anew_ends_in_a_head_that_is_not_ours(chain, committed_db):
    from enterprise_app.domains.audit.rules.chain import COLUMNS, GENESIS, link

    with psycopg.connect(committed_db.direct_admin) as connection:
        connection.execute("UPDATE audit_log SET actor_name = 'Eve' WHERE seq = 2")
        rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM audit_log ORDER BY seq").fetchall()  # pyright: ignore
        previous = GENESIS
        for values in rows:
            row: dict[str, Any] = dict(zip(COLUMNS, values, strict=True))
            digest = link(previous, row)
            connection.execute(
                "UPDATE audit_log SET prev_hash = %s, hash = %s WHERE seq = %s", [previous, digest, row["seq"]]
            )
            previous = digest
        connection.execute("UPDATE audit_heads SET hash = %s", [previous])
    report = await checked(chain)
    assert [(b.seq, b.kind) for b in report.breaks] == [(6, "head")]


async def test_an_empty_chain_is_unbroken(db):
    report = await checked(make_context())
    assert (report.ok, report.entries, report.head_seq) == (True, 0, 0)


async def test_verifying_ones_chain_needs_the_right_to_read_it(chain):
    async with tenant_session(chain) as session:
        assert (await service.verify_own(session, chain)).ok
        with pytest.raises(Forbidden):
            await service.verify_own(session, replace(chain, permissions=frozenset()))
