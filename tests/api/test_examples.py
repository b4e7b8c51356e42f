"""API-01: every route has an example, and every example is sent, with real credentials and the ids of real things."""

from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from enterprise_app.core import storage
from enterprise_app.core.ids import new_id
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.vocabulary import FileFormat
from tests.api.document import (
    BASE,
    PASSWORD,
    Operation,
    ends_credentials,
    example,
    make_client,
    operations,
    owner_of,
    sorted_for_a_run,
    things,
    token,
)
from tests.api.trials import BEFORE as BEFORE_TRIAL
from tests.api.trials import of_trials, prepare, upgrade
from tests.domains.campaigns.pictures import picture
from tests.domains.experiments.making import work
from tests.domains.identity.world import registered
from tests.joined import JoinedSource

ORDERS = b"Time;Customer;Amount\n01.03.2026 09:30;c-17;19,90\n"
BEFORE = {"pause": ["activate"], "complete": ["activate"], "restore": ["archive"]}
"""What must have happened to a campaign."""
BEFORE_ASSET = {"approve": ["submit"], "request-changes": ["submit"], "reopen": ["submit"], "restore": ["archive"]}
"""What must have happened to an asset."""
ACTS = ("start", "enable", "disable", "submit", "activate", "archive", "plan", "suspend")
REGISTER = "/api/v1/tenants/register"


def test_every_route_has_its_examples() -> None:
    for operation in operations():
        bodies = [*operation.spec.get("requestBody", {}).get("content", {}).values()]
        answers = [r for status, r in operation.spec["responses"].items() if status.startswith("2")]
        bodies += [c for r in answers for kind, c in r.get("content", {}).items() if kind == "application/json"]
        assert all(example(body) not in (None, {"…": ""}) for body in bodies if body.get("schema")), operation.name
        for parameter in operation.spec.get("parameters", ()):
            assert not parameter.get("required") or example(parameter) is not None, (operation.name, parameter["name"])


def test_every_update_names_the_version_it_was_made_from() -> None:
    updates = [o for o in operations() if o.method in ("put", "patch")]
    without = {o.name for o in updates if "if-match" not in o.parameters("header")}
    assert without == {"PUT /api/v1/switches/{name}"}, "a switch is set absolutely and has no version"


async def test_every_example_works(db: JoinedSource, storage_folder: Path) -> None:
    async with make_client() as client:
        run = Run(client, db)
        await run.begin()
        for operation in sorted_for_a_run(operations()):
            if operation.path != REGISTER:
                await run.send(operation)
    assert not run.refused, "\n".join(run.refused)


class Run:
    """All examples in one world: the tenant is the one of the registration's own example."""

    def __init__(self, client: httpx.AsyncClient, db: JoinedSource) -> None:
        self.client, self.db = client, db
        self.refused: list[str] = []
        self.ids: dict[str, object] = {}
        self.number = 0
        self.person: dict[str, str] = {}

    async def begin(self) -> None:
        """Register by the example, make the owner the operator too, and another tenant for the operator's acts."""
        register = next(o for o in operations() if o.path == REGISTER)
        made = await self.client.post(REGISTER, json=register.request({})["json"])
        assert made.status_code == 201, made.text
        umbrella = await registered("umbrella", email="ops@umbrella.example")
        await upgrade(self.db)
        await self.db.connection.execute(sa.text("UPDATE accounts SET is_operator = true WHERE email LIKE 'ops@%'"))
        signed = await self.client.post("/auth/sign-in", data={"email": "ops@umbrella.example", "password": PASSWORD})
        self.operator = {"cookie": f"atrium_session={signed.cookies['atrium_session']}", "origin": BASE}
        self.client.cookies.clear()
        self.ids = {**await things(await owner_of("acme"), "acme", "bob"), "tenant_id": umbrella.tenant_id}
        source = await self.client.get(f"/api/v1/sources/{self.ids['source_id']}", headers=await self._token())
        self.write_key = self.ids["write_key"] = source.json()["write_key"]

    async def send(self, operation: Operation) -> None:
        """The example as it stands; a documented 2xx (or the redirect of a form) is expected."""
        headers = await self._headers(operation)
        await self._prepare(operation)
        request = operation.request(self.ids)
        if "if-match" in operation.parameters("header"):
            headers["if-match"] = await self._version(operation, headers)
        answer = await self.client.request(operation.method, headers=headers, **request)
        self.client.cookies.clear()
        if ends_credentials(operation):
            self.person = {}
        if str(answer.status_code) not in {s for s in operation.spec["responses"] if s < "4"}:
            self.refused.append(f"{operation.name}: {answer.status_code} {answer.text[:300]}")
        elif answer.headers.get("content-type") == "application/json" and answer.status_code < 300:
            self._compare(operation, answer)

    def _compare(self, operation: Operation, answer: httpx.Response) -> None:
        shown: Any = example(operation.spec["responses"][str(answer.status_code)]["content"]["application/json"])
        if isinstance(shown, dict) and shown and shown.keys() != answer.json().keys():
            self.refused.append(f"{operation.name}: the answer has {[*answer.json()]}, its example {[*shown]}")

    async def _headers(self, operation: Operation) -> dict[str, str]:
        if operation.permission.startswith("operator:"):
            return dict(self.operator)
        if operation.path.startswith(("/v1/", "/ofrep/")):
            return {"authorization": f"Bearer {self.write_key}"}
        return {} if operation.permission == "public" else await self._token()

    async def _token(self) -> dict[str, str]:
        if not self.person:
            self.person = await token(self.client, "ada@acme.example")
        return dict(self.person)

    async def _prepare(self, operation: Operation) -> None:
        """Fresh things for what changes them, in the state that the act needs."""
        self.number += 1
        if of_trials(operation.path):
            fresh = await prepare(self.client, await self._token(), operation.method, operation.path, self.number)
            self.ids |= fresh
            return
        if "/profiles/{profile_id}" in operation.path or "{merge_id}" in operation.path:
            await self._prepare_people(await self._token(), merged="{merge_id}" in operation.path)
            return
        if "/uploads/{upload_id}" in operation.path or "/imports/{import_id}/" in operation.path:
            await self._prepare_import(operation, await self._token())
            return
        if "{asset_id}" in operation.path or "/variants" in operation.path:
            await self._prepare_asset(operation.path.rpartition("/")[2], await self._token())
            if "{run_id}" in operation.path:
                await self._prepare_variants(operation.path.endswith("/experiment"), await self._token())
            return
        if not ("{campaign_id}" in operation.path or "{source_id}" in operation.path):
            return
        last, headers = operation.path.rpartition("/")[2], await self._token()
        if "{campaign_id}" in operation.path:
            made = await self.client.post("/api/v1/campaigns", json={"name": f"C{self.number}"}, headers=headers)
            self.ids["campaign_id"] = made.raise_for_status().json()["id"]
            if "{file_id}" in operation.path:
                await self._prepare_file(last, headers)
                return
            for act in BEFORE.get(last, ()):
                at = f"/api/v1/campaigns/{self.ids['campaign_id']}/{act}"
                (await self.client.post(at, headers=headers)).raise_for_status()
        if "{source_id}" in operation.path:
            made = await self.client.post("/api/v1/sources", json={"name": f"S{self.number}"}, headers=headers)
            self.ids["source_id"] = made.raise_for_status().json()["id"]

    async def _prepare_asset(self, last: str, headers: dict[str, str]) -> None:
        """A picture where a small one is asked for, else a text; reviewed or put away as the act needs."""
        made = await self.client.post("/api/v1/campaigns", json={"name": f"C{self.number}"}, headers=headers)
        self.ids["campaign_id"] = made.raise_for_status().json()["id"]
        at = f"/api/v1/campaigns/{self.ids['campaign_id']}/assets"
        content = picture() if last == "thumbnail" else f"Text {self.number}".encode()
        made = await self.client.post(at, content=content, headers=headers)
        self.ids["asset_id"] = made.raise_for_status().json()["id"]
        for act in BEFORE_ASSET.get(last, ()):
            act_at = f"/api/v1/assets/{self.ids['asset_id']}/{act}"
            (await self.client.post(act_at, headers=headers)).raise_for_status()

    async def _prepare_variants(self, made: bool, headers: dict[str, str]) -> None:
        """A run that makes variants of the text: waiting, or done."""
        at, draft = "/api/v1/experiments/variants/generate", {"asset_ids": [self.ids["asset_id"]]}
        asked = await self.client.post(at, json=draft, headers=headers)
        self.ids["run_id"] = asked.raise_for_status().json()["id"]
        if made:
            await work(await owner_of("acme"))

    async def _prepare_import(self, operation: Operation, headers: dict[str, str]) -> None:
        """A file that the example of a plan fits, waiting or cancelled; a finished import for its rejected lines."""
        self.ids["upload_id"] = new_id()
        at = f"/api/v1/analytics/uploads/{self.ids['upload_id']}"
        if operation.path.endswith("/rejects"):
            file = storage.storage().root / "dirty.log"  # pyright: ignore[reportAttributeAccessIssue]
            file.write_text("no line of a log\n")
            owner, kept = await owner_of("acme"), file.with_name("rejects.jsonl")
            done = await analytics.import_file(owner, file, FileFormat.ACCESS_LOG, rejects_path=kept)
            self.ids["import_id"] = done.id
        elif not (operation.method == "post" and operation.path.endswith("{upload_id}")):
            (await self.client.post(at, content=ORDERS, headers=headers)).raise_for_status()
        if operation.path.endswith(("/cancel", "/again")):
            plan = {"mapping": {"columns": {"Time": "timestamp", "Customer": "userId"}, "defaults": {"event": "E"}}}
            begun = await self.client.post(f"{at}/import", json=plan, headers=headers)
            self.ids["import_id"] = begun.raise_for_status().json()["id"]
            if operation.path.endswith("/again"):
                cancel = f"/api/v1/analytics/imports/{self.ids['import_id']}/cancel"
                (await self.client.post(cancel, headers=headers)).raise_for_status()

    async def _prepare_people(self, headers: dict[str, str], *, merged: bool) -> None:
        for name in ("profile_id", "other_id"):
            person = {"traits": {"name": f"{name} {self.number}"}}
            made = await self.client.post("/api/v1/profiles", json=person, headers=headers)
            self.ids[name] = made.raise_for_status().json()["id"]
        if merged:
            at = f"/api/v1/profiles/{self.ids['profile_id']}/merge/{self.ids['other_id']}"
            done = await self.client.post(at, headers=headers)
            self.ids["merge_id"] = done.raise_for_status().json()["merge"]["id"]

    async def _prepare_file(self, last: str, headers: dict[str, str]) -> None:
        at = f"/api/v1/campaigns/{self.ids['campaign_id']}/files"
        made = await self.client.post(at, content=b"The brief.", headers=headers)
        self.ids["file_id"] = made.raise_for_status().json()["id"]
        if last == "restore":
            (await self.client.delete(f"{at}/{self.ids['file_id']}", headers=headers)).raise_for_status()

    async def _version(self, operation: Operation, headers: dict[str, str]) -> str:
        at = operation.path.format(**self.ids).removesuffix("/rotate").replace("/current/settings", "/current")
        at = at.removesuffix("/privacy")
        at = at.removesuffix("/stage").partition("/merge/")[0]
        for act in (*BEFORE, *BEFORE_ASSET, *BEFORE_TRIAL, *ACTS):
            at = at.removesuffix(f"/{act}")
        return (await self.client.get(at, headers=headers)).raise_for_status().headers["etag"]
