# ruff: noqa: F811 - fixtures are imported
"""Files of a campaign over HTTP: their life, what browsers are told of them, and everything hostile."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from enterprise_app.core.ids import new_id
from enterprise_app.core.vocabulary.entitlements import Entitlements, Limit
from enterprise_app.core.vocabulary.permissions import Role
from tests.domains.files.conftest import lying
from tests.factories import make_context
from tests.http.conftest import HeaderEdge, client, edge  # noqa: F401
from tests.joined import JoinedSource

pytestmark = pytest.mark.usefixtures("db", "storage_folder")
URL = "/api/v1/campaigns"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
async def at(client: httpx.AsyncClient, edge: HeaderEdge) -> str:
    """The files of a campaign of Ada's, for whom the client calls."""
    edge.introduce("ada", make_context())
    client.headers["authorization"] = "ada"
    made = await client.post(URL, json={"name": "Spring"})
    return f"{URL}/{made.json()['id']}/files"


async def attach(client: httpx.AsyncClient, at: str, content: bytes = b"The brief.", **words: str) -> dict[str, Any]:
    """Attached by the route."""
    answer = await client.post(at, params=words, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(client: httpx.AsyncClient, at: str, words: str = "") -> list[str]:
    """As listed."""
    return [item["name"] for item in (await client.get(f"{at}?{words}")).json()["items"]]


async def test_the_life_of_a_file(client: httpx.AsyncClient, at: str) -> None:
    file = await attach(client, at, b"%PDF-1.7 x", name="Brief.pdf")
    assert (file["content_type"], file["size"], file["created_by_name"]) == ("application/pdf", 10, "Ada")
    other = await attach(client, at, name="Sheet.csv")
    one = f"{at}/{file['id']}"
    assert (await client.get(one)).json() == file
    assert await names(client, at) == ["Sheet.csv", "Brief.pdf"]
    assert await names(client, at, "sort=size&filter=content_type:eq:application/pdf") == ["Brief.pdf"]
    assert (await client.get(f"{at}?limit=1&total=true")).json()["total"] == 2
    assert (await client.get(f"{one}/content")).content == b"%PDF-1.7 x"
    assert (await client.delete(one)).status_code == 204
    assert (await client.delete(one)).status_code == 204, "twice is once"
    assert await names(client, at) == ["Sheet.csv"]
    assert await names(client, at, "filter=removed:eq:true") == ["Brief.pdf"]
    assert (await client.get(f"{one}/content")).status_code == 404
    assert (await client.post(f"{one}/restore")).json() == file
    assert len({file["id"], other["id"]} & {f["id"] for f in (await client.get(at)).json()["items"]}) == 2


@pytest.mark.parametrize(
    ("content", "inline", "kind", "shown"),
    [
        (b"<script>alert(1)</script>", "true", "application/octet-stream", "attachment"),
        (b"<svg onload=alert(1)>", "true", "application/octet-stream", "attachment"),
        (b"%PDF-1.7", "true", "application/pdf", "attachment"),
        (PNG, "true", "image/png", "inline"),
        (PNG, "false", "image/png", "attachment"),
        (b"\x00\x01", "true", "application/octet-stream", "attachment"),
    ],
)
async def test_a_browser_runs_nothing(
    client: httpx.AsyncClient,
    at: str,
    content: bytes,
    inline: str,
    kind: str,
    shown: str,
) -> None:
    file = await attach(client, at, content, name="page.html")
    answer = await client.get(f"{at}/{file['id']}/content", params={"inline": inline})
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert answer.headers["content-disposition"].startswith(f"{shown}; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["etag"] == f'"{file["sha256"]}"'


HOSTILE = {
    "../../../etc/passwd": "passwd",
    "C:\\Windows\\system.ini": "system.ini",
    "exe.\u202efdp.exe": "exe.fdp.exe",
    'a"; filename="b.exe': "a_; filename=_b.exe",
    "x\r\nSet-Cookie: a=b": "x Set-Cookie_ a=b",
    "موجز الحملة.pdf": "موجز الحملة.pdf",
    "a" * 300 + ".pdf": "a" * 196 + ".pdf",
    " ": "file",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_names_lead_nowhere(
    client: httpx.AsyncClient,
    at: str,
    storage_folder: Path,
    name: str,
) -> None:
    clean = HOSTILE[name]
    file = await attach(client, at, name=name)
    assert file["name"] == clean
    answer = await client.get(f"{at}/{file['id']}/content")
    assert answer.headers["content-disposition"].endswith(f"filename*=UTF-8''{quote(clean, safe='')}")
    assert "set-cookie" not in answer.headers
    assert all(path.is_relative_to(storage_folder) for path in lying(storage_folder.parent))


async def test_what_cannot_be_taken_is_told_and_leaves_nothing(
    client: httpx.AsyncClient,
    edge: HeaderEdge,
    at: str,
    storage_folder: Path,
    db: JoinedSource,
) -> None:
    async def refused(status: int, code: str, **request: Any) -> None:
        answer = await client.post(at, **request)
        assert (answer.status_code, code in answer.text) == (status, True), answer.text

    async def cut() -> AsyncIterator[bytes]:
        yield b"half"

    await refused(422, "file_empty", content=b"")
    await refused(413, "file_too_large", content=b"x", headers={"content-length": "100000001"})
    await refused(400, "upload_incomplete", content=cut(), headers={"content-length": "8"})
    await refused(422, "unknown_field", content=b"x", params={"nome": "a"})
    await refused(422, "nul", content=b"x", params={"name": "a\0"})
    ctx = make_context(edge.known["ada"].tenant_id, entitlements=Entitlements(limits={Limit.STORAGE_BYTES: 5}))
    edge.introduce("ada", ctx)
    await refused(403, "over_limit", content=b"123456")
    tight = {Limit.STORAGE_BYTES: 5, Limit.CAMPAIGNS: 10}
    edge.introduce("ada", make_context(ctx.tenant_id, entitlements=Entitlements("FREE", limits=tight)))
    await refused(402, "storage_bytes", content=b"123456")
    edge.introduce("ada", make_context(ctx.tenant_id, Role.GUEST))
    await refused(403, "forbidden", content=b"x")
    assert lying(storage_folder) == []
    for table in ("files", "attachments"):
        assert (await db.connection.execute(sa.text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0


async def test_what_is_somebody_elses_is_not_there(
    client: httpx.AsyncClient,
    edge: HeaderEdge,
    at: str,
) -> None:
    file = await attach(client, at)
    sibling = (await client.post(URL, json={"name": "Other"})).json()["id"]
    elsewhere = [f"{URL}/{sibling}/files/{file['id']}", f"{URL}/{new_id()}/files/{file['id']}", f"{at}/{new_id()}"]
    calls = [("GET", ""), ("GET", "/content"), ("DELETE", ""), ("POST", "/restore")]
    for address in elsewhere:
        assert {(await client.request(m, address + path)).status_code for m, path in calls} == {404}
    edge.introduce("eve", make_context())
    eve = {"authorization": "eve"}
    for method, path in calls:
        assert (await client.request(method, f"{at}/{file['id']}{path}", headers=eve)).status_code == 404
    assert (await client.post(at, content=b"x", headers=eve)).status_code == 404
    assert (await client.get(at, headers=eve)).status_code == 404
    assert await names(client, at) == ["file"]


async def test_an_archived_campaign_gets_no_files_but_gives_them_up(client: httpx.AsyncClient, at: str) -> None:
    file = await attach(client, at)
    await client.post(f"{at.removesuffix('/files')}/archive")
    refused = await client.post(at, content=b"x")
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign_archived")
    assert (await client.get(f"{at}/{file['id']}/content")).status_code == 200
    assert (await client.delete(f"{at}/{file['id']}")).status_code == 204
    assert (await client.post(f"{at}/{file['id']}/restore")).status_code == 409


async def test_a_repetition_attaches_nothing_twice(client: httpx.AsyncClient, at: str, storage_folder: Path) -> None:
    async def post(content: bytes, name: str = "a.txt") -> httpx.Response:
        return await client.post(at, params={"name": name}, content=content, headers={"idempotency-key": "order-17"})

    first, again = await post(b"The brief."), await post(b"The brief.")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), again.headers["idempotent-replayed"]) == (again.json(), "true")
    for other in (await post(b"Another."), await post(b"The brief.", "b.txt")):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert len(lying(storage_folder)) == 1
    assert await names(client, at) == ["a.txt"]


async def test_a_large_file_passes_in_pieces(
    client: httpx.AsyncClient,
    at: str,
    storage_folder: Path,
) -> None:
    piece = b"0123456789abcdef" * 4096

    async def body() -> AsyncIterator[bytes]:
        for _ in range(400):
            yield piece

    made = (await client.post(at, params={"name": "big.bin"}, content=body())).json()
    assert made["size"] == 400 * len(piece)
    assert json.loads(json.dumps(made))["content_type"] == "text/plain"
    async with client.stream("GET", f"{at}/{made['id']}/content") as answer:
        sizes = [len(chunk) async for chunk in answer.aiter_raw()]
    assert sum(sizes) == made["size"]
