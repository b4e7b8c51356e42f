"""Quick answers: the same request, the same errors, and the whole way for whatever they don't answer."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from enterprise_app.core.errors import RateLimited
from enterprise_app.core.manifest import Domain
from enterprise_app.core.vocabulary.permissions import Permission
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.app import create_api
from enterprise_app.http.routing import Router
from tests.http.conftest import HeaderEdge

router = Router(prefix="/v1")


async def quick(request: Request) -> Response | None:
    wish = request.headers.get("x-wish")
    if wish == "unread":
        return None
    body = await request.body()
    if wish == "raise":
        raise RateLimited(retry_after=7)
    if wish == "break":
        raise ZeroDivisionError("the secret detail")
    return JSONResponse({"quick": body.decode()}) if wish == "quick" else None


@router.post("/things", permission=PUBLIC, quick=quick, body_limit=3_000)
async def take(request: Request) -> Response:
    return JSONResponse({"whole": (await request.body()).decode()})


async def ask(
    method: str = "POST", path: str = "/v1/things", content: bytes = b"text", **headers: str
) -> httpx.Response:
    transport = httpx.ASGITransport(create_api([Domain("things", routers=(router,))], HeaderEdge()))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://atrium.localhost") as client:
        return await client.request(method, path, content=content, headers=named)


@pytest.mark.parametrize(
    ("wish", "answer"),
    [("quick", {"quick": "text"}), ("read", {"whole": "text"}), ("unread", {"whole": "text"})],
)
async def test_what_it_leaves_goes_the_whole_way_with_its_body(wish: str, answer: dict[str, str]) -> None:
    given = await ask(x_wish=wish, x_request_id="request-1")
    assert (given.status_code, given.json()) == (200, answer)
    assert given.headers["x-request-id"] == "request-1"


async def test_long_answers_are_packed() -> None:
    given = await ask(x_wish="quick", content=b"x" * 2_900, accept_encoding="gzip")
    assert (given.headers["content-encoding"], given.json()) == ("gzip", {"quick": "x" * 2_900})


async def test_errors_are_problems() -> None:
    slow = await ask(x_wish="raise", accept_language="de")
    assert (slow.status_code, slow.headers["retry-after"], slow.json()["code"]) == (429, "7", "rate_limited")
    assert slow.headers["content-language"] == "de"
    broken = await ask(x_wish="break")
    assert (broken.status_code, broken.json()["code"]) == (500, "internal")
    assert "secret" not in broken.text


@pytest.mark.parametrize("wish", ["quick", "read", "unread"])
async def test_bodies_are_bounded(wish: str) -> None:
    given = await ask(x_wish=wish, content=b"x" * 3_001)
    assert (given.status_code, given.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/things", 405), ("POST", "/v1/things/", 307)])
async def test_other_methods_and_addresses_are_not_its_own(method: str, path: str, status: int) -> None:
    assert (await ask(method, path, x_wish="quick")).status_code == status


def test_nothing_answers_before_its_caller_is_known() -> None:
    with pytest.raises(TypeError, match="permission"):
        Router().post("/things", permission=Permission.CAMPAIGNS_READ, quick=quick)
