"""The API's own documentation page: one file without anything from elsewhere, so that it works offline."""

from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

_PAGE = Path(__file__).with_name("docs_page.html")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:"


@cache
def _page(openapi_url: str) -> str:
    return _PAGE.read_text(encoding="utf-8").replace("{{openapi_url}}", openapi_url)


def mount(api: FastAPI, *, docs_url: str, openapi_url: str) -> None:
    """Serve the page and the document that it shows; both are public."""

    async def docs(request: Request) -> Response:
        return HTMLResponse(_page(openapi_url), headers={"content-security-policy": _POLICY})

    async def openapi(request: Request) -> Response:
        return JSONResponse(api.openapi())

    api.add_route(docs_url, docs, include_in_schema=False)
    api.add_route(openapi_url, openapi, include_in_schema=False)
