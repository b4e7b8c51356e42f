"""The API's own document as a list of calls, and a world with one of everything that ids can name."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from enterprise_app.core.context import Context
from enterprise_app.core.db import tenant_session
from enterprise_app.core.ids import new_id
from enterprise_app.core.settings import get_settings
from enterprise_app.domains.analytics import service as analytics
from enterprise_app.domains.analytics.schemas import SourceDraft, Upload
from enterprise_app.domains.analytics.vocabulary import FileFormat
from enterprise_app.domains.audit import service as audit
from enterprise_app.domains.audit.schemas import SavedViewDraft
from enterprise_app.domains.campaigns import service as campaigns
from enterprise_app.domains.campaigns.schemas import CampaignDraft
from enterprise_app.domains.identity import service as identity
from enterprise_app.domains.identity.schemas import ApiKeyRequest, InvitationRequest
from enterprise_app.domains.profiles import service as profiles
from enterprise_app.domains.profiles.schemas import ProfileDraft
from enterprise_app.edge import Edge
from enterprise_app.http.app import create_api
from enterprise_app.http.openapi import document
from enterprise_app.registry import DOMAINS
from tests.api.trials import trial_things, variants_run
from tests.domains.analytics.conftest import FIXTURES
from tests.domains.identity.world import cookie, joined, signed_in

BASE = "http://atrium.localhost:8000"
PASSWORD = "correct horse battery"
ENDS = ("/auth/revoke", "/auth/reset", "/account/password", "/sessions")


@dataclass(frozen=True)
class Operation:
    """One method of one address, as the document has it."""

    method: str
    path: str
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def permission(self) -> str:
        return self.spec["x-permission"]

    def parameters(self, where: str) -> dict[str, Any]:
        """Parameters of that place that have an example, by name."""
        found = (p for p in self.spec.get("parameters", ()) if p["in"] == where)
        return {p["name"]: example(p) for p in found if example(p) is not None}

    def request(self, ids: Mapping[str, object]) -> dict[str, Any]:
        """Body and query for httpx, from the examples; `ids` fill the path."""
        known = {name: ids.get(name, value) for name, value in self.parameters("path").items()}
        query = self.parameters("query")
        if "occurred_at" in query:  # with its id, the name of an event
            query["occurred_at"] = ids.get("occurred_at", query["occurred_at"])
        given: dict[str, Any] = {"url": BASE + self.path.format(**known), "params": query}
        for kind, content in self.spec.get("requestBody", {}).get("content", {}).items():
            words = {"application/json": "json", "application/x-www-form-urlencoded": "data"}
            return given | {words.get(kind, "content"): _named(example(content), ids)}
        return given


def _named(body: Any, ids: Mapping[str, object]) -> Any:
    """Assets and metrics in a body are the world's, like those of a path."""
    if isinstance(body, dict) and "metrics" in body and "metric_id" in ids:
        return body | {"metrics": [use | {"metric_id": str(ids["metric_id"])} for use in body["metrics"]]}
    if isinstance(body, dict) and "asset_ids" in body and "asset_id" in ids:
        return body | {"asset_ids": [str(ids["asset_id"])]}
    return body


def example(part: dict[str, Any]) -> Any:
    """The example of a parameter or body, None without one."""
    if "example" in part:
        return part["example"]
    examples = part.get("examples") or part.get("schema", {}).get("examples")
    return next(iter(examples)) if examples else None


def make_client() -> httpx.AsyncClient:
    """The whole API, with real credentials only."""
    api = create_api(DOMAINS, Edge(cache_seconds=0))
    return httpx.AsyncClient(transport=httpx.ASGITransport(api, client=("127.0.0.1", 5000)), base_url=BASE)


def operations() -> list[Operation]:
    """All of the document."""
    paths = document(create_api(DOMAINS, Edge()))["paths"]
    return [Operation(method, path, spec) for path, found in paths.items() for method, spec in found.items()]


def names_ids(operation: Operation) -> bool:
    """Whether its path names something."""
    return "{" in operation.path


async def things(owner: Context, slug: str, person: str) -> dict[str, object]:
    """One of everything that a tenant has, by the names of the path's parameters; `person` joins it."""
    member = await joined(owner, slug, f"{person}@{slug}.example", name=person.title())
    report = await analytics.import_file(owner, FIXTURES / "small.log", FileFormat.ACCESS_LOG)
    upload = await _uploaded(owner)
    async with tenant_session(owner) as session:
        campaign = await campaigns.create_campaign(session, owner, CampaignDraft(name=f"Launch of {person}"))
        source = await analytics.create_source(session, owner, SourceDraft(name=f"Site of {person}"))
        offer = InvitationRequest(email=f"friend-of-{person}@{slug}.example", role="member")
        invitation = await identity.invite_member(session, owner, offer)
        key = await identity.create_api_key(session, owner, ApiKeyRequest(name=f"Key of {person}"))
        view = await audit.save_view(session, owner, SavedViewDraft(name=f"View of {person}", query="verb=sign_in"))
        people = [
            await profiles.create_profile(session, owner, ProfileDraft(traits={"name": f"{name} of {person}"}))
            for name in ("Lead", "Twin", "Alias")
        ]
        merged = await profiles.merge_profiles(session, owner, people[0].id, people[2].id)
        event = (await analytics.list_events(session, owner, analytics.EVENT_LIST.parse())).items[0]
    asset = await campaigns.add_asset(owner, campaign.id, _pieces(), name=f"Text of {person}.txt")
    file = await campaigns.attach_file(owner, campaign.id, _pieces(), name=f"Brief of {person}.txt")
    return {
        "run_id": await variants_run(owner, asset.id),
        **await trial_things(owner, person),
        "campaign_id": campaign.id,
        "asset_id": asset.id,
        "file_id": file.id,
        "source_id": source.id,
        "import_id": report.id,
        "upload_id": upload.id,
        "event_id": event.id,
        "occurred_at": event.occurred_at.isoformat(),
        "invitation_id": invitation.id,
        "key_id": key.id,
        "profile_id": people[0].id,
        "other_id": people[1].id,
        "merge_id": merged.merge.id,
        "member_id": member.actor.id or UUID(int=0),
        "session_id": await session_of(f"ada@{slug}.example", slug),
        "view_id": view.id,
    }


async def _uploaded(owner: Context) -> Upload:
    """A small table that waits to be imported."""
    file = get_settings().data_dir / f"upload-{new_id()}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"Time;Customer;Amount\n01.03.2026 09:30;c-17;19,90\n")
    return await analytics.add_upload(owner, file, file_name="orders.csv")


async def _pieces() -> AsyncIterator[bytes]:
    yield b"The brief."


async def session_of(email: str, slug: str) -> UUID:
    """The id of a fresh session."""
    return UUID(await Edge().find_reference(await cookie(email, slug), identity.tenant_host(slug)))


async def owner_of(slug: str) -> Context:
    """The owner."""
    return await signed_in(f"ada@{slug}.example", slug)


def tokens(answer: httpx.Response) -> dict[str, str]:
    """The header of a fresh token."""
    return {"authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


async def token(client: httpx.AsyncClient, email: str) -> dict[str, str]:
    """A fresh token of that person."""
    return tokens(await client.post("/api/v1/auth/token", json={"email": email, "password": PASSWORD}))


def sorted_for_a_run(found: list[Operation]) -> Iterator[Operation]:
    """Readers first, those that end credentials last, the change of the password at the very end."""
    yield from sorted(found, key=lambda o: (o.path.endswith("/password"), ends_credentials(o), o.method != "get"))


def ends_credentials(operation: Operation) -> bool:
    """Whether the caller's own token may not work afterwards."""
    return operation.path.endswith(ENDS) and operation.method != "get"
