"""TEN-14: every route that names something, with another tenant's real id: it is not there."""

from pathlib import Path

from tests.api.document import make_client, names_ids, operations, owner_of, things, token
from tests.api.trials import upgrade
from tests.domains.identity.world import registered
from tests.joined import JoinedSource

CREATES = {"POST /api/v1/analytics/uploads/{upload_id}"}
"""What is made under an id of the caller's choice: another tenant's id is as free as any."""
OPERATORS = {"tenant_id", "name"}
"""What only the operator names: tenants themselves, and switches."""


async def test_what_belongs_to_another_tenant_is_not_there(db: JoinedSource, storage_folder: Path) -> None:
    await registered("acme")
    await registered("umbrella")
    await upgrade(db)
    theirs = await things(await owner_of("umbrella"), "umbrella", "eve")
    walked: set[str] = set()
    async with make_client() as client:
        ada, eve = await token(client, "ada@acme.example"), await token(client, "ada@umbrella.example")
        for operation in filter(names_ids, operations()):
            if operation.permission == "public":  # such as what a write key, which is public, may be asked
                continue
            names = operation.parameters("path").keys()
            walked |= names
            if operation.name in CREATES:
                continue
            headers = ada | ({"if-match": '"1"'} if "if-match" in operation.parameters("header") else {})
            answer = await client.request(operation.method, headers=headers, **operation.request(theirs))
            expected = 403 if names <= OPERATORS else 404
            assert answer.status_code == expected, f"{operation.name}: {answer.status_code} {answer.text}"
        named = (theirs.keys() | OPERATORS) - {"occurred_at"}
        assert walked - {"number"} == named, "every name in a path must be one of the things, but a version's number"
        for operation in filter(lambda o: o.name in CREATES, operations()):
            made = await client.request(operation.method, headers=ada, **operation.request(theirs))
            assert made.status_code == 201, made.text
        bulk = {"action": "archive", "ids": [str(theirs["campaign_id"])]}
        rows = await client.post("/api/v1/campaigns/bulk", json=bulk, headers=ada)
        assert "not_found" in rows.text, rows.text
        for name, path in (("campaign_id", "campaigns"), ("source_id", "sources"), ("member_id", "members"),
                           ("upload_id", "analytics/uploads")):  # fmt: skip
            still = await client.get(f"/api/v1/{path}/{theirs[name]}", headers=eve)
            assert (still.status_code, still.json()["id"]) == (200, str(theirs[name])), "untouched"
