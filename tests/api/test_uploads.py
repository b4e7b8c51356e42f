"""Files over real sockets: an upload cut off at any moment leaves nothing, and what is refused is told, not cut off."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest_asyncio

LIMITS = {"storage_bytes": 30_000_000, "campaigns": 10}
Files = tuple[httpx.AsyncClient, str]
OWNER = {"email": "ada@acme.example", "password": "correct horse battery staple"}


@pytest_asyncio.fixture(loop_scope="session")
async def files(served: str):
    """A client of the owner's, and the address of a campaign's files."""
    async with httpx.AsyncClient(base_url=served, timeout=30) as client:
        await client.post(
            "/api/v1/tenants/register", json={"name": "Acme", "slug": "acme", "owner_name": "Ada", **OWNER}
        )
        token = (await client.post("/api/v1/auth/token", json=OWNER)).raise_for_status().json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        made = (await client.post("/api/v1/campaigns", json={"name": "Spring"})).raise_for_status().json()
        yield client, f"/api/v1/campaigns/{made['id']}/files"


def lying(data: Path) -> list[Path]:
    """Every file in the storage, finished or not; other tests leave theirs."""
    return [path for path in (data / "files").rglob("*") if path.is_file()]


async def storage_used(client: httpx.AsyncClient) -> list[int]:
    """Bytes that the tenant's plan is charged with."""
    usage = (await client.get("/api/v1/tenants/current/usage")).json()["items"]
    return [item["used"] for item in usage if item["resource"] == "storage_bytes"]


async def cut_off(client: httpx.AsyncClient, at: str, *, chunked: bool, after: int) -> None:
    """Announce 8 MB, send some of it and hang up."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    length = "transfer-encoding: chunked" if chunked else "content-length: 8000000"
    head = f"POST {at}?name=half.bin HTTP/1.1\r\nhost: {client.base_url.host}:{client.base_url.port}\r\n{length}\r\n"
    writer.write(f"{head}authorization: {client.headers['authorization']}\r\n\r\n".encode())
    piece = b"x" * 65_536
    for _ in range(after // len(piece)):
        writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if chunked else piece)
        await writer.drain()
    await asyncio.sleep(0.3)
    writer.transport.abort()
    del reader


async def test_an_upload_that_is_cut_off_leaves_nothing(files: Files, served_data: Path) -> None:
    client, at = files
    before, used = lying(served_data), await storage_used(client)
    listed = (await client.get(at)).json()["items"]
    for chunked in (False, True):
        for after in (0, 131_072, 4_000_000):
            await cut_off(client, at, chunked=chunked, after=after)
    for _ in range(50):
        if lying(served_data) == before:
            break
        await asyncio.sleep(0.1)
    assert lying(served_data) == before
    assert (await client.get(at)).json()["items"] == listed
    assert await storage_used(client) == used


async def test_what_is_refused_is_told(files: Files, served_data: Path) -> None:
    client, at = files
    before = lying(served_data)
    full = await client.post(at, params={"name": "too much.bin"}, content=bytes(30_000_001))
    assert (full.status_code, full.json()["code"], full.json()["limit"]) == (402, "usage_exceeded", "storage_bytes")
    large = await client.post(at, params={"name": "huge.bin"}, content=bytes(100_000_001))
    assert (large.status_code, large.json()["code"]) == (413, "file_too_large")
    assert lying(served_data) == before


async def test_ten_megabytes_there_and_back(files: Files) -> None:
    client, at = files
    content = bytes(range(256)) * 40_000
    made = (await client.post(at, params={"name": "Größe.bin"}, content=content)).raise_for_status().json()
    back = await client.get(f"{at}/{made['id']}/content", headers={"accept-encoding": "gzip"})
    assert back.content == content
    assert back.headers["content-length"] == str(len(content)), "not packed once more"
    assert json.loads((await client.get(at)).text)["items"][0]["name"] == "Größe.bin"
