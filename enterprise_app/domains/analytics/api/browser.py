"""What browsers fetch before they send: our own script, and the settings that Segment's analytics.js asks for."""

from hashlib import blake2b
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from enterprise_app.core.errors import NotFound, Unauthenticated
from enterprise_app.domains.analytics import service
from enterprise_app.http.access import PUBLIC
from enterprise_app.http.routing import Router

browsers = Router(prefix="/v1", tags=["Tracking"])

SCRIPT = (File(__file__).parent / "atrium.min.js").read_bytes()
_TAG = f'"{blake2b(SCRIPT, digest_size=8).hexdigest()}"'
_SCRIPT_HEADERS = {
    "cache-control": "public, max-age=3600",
    "cross-origin-resource-policy": "cross-origin",
    "etag": _TAG,
}
_ALL = {"__default": {"enabled": True, "integrations": {}}}
WriteKey = Annotated[str, Path(description="The source's write key.", max_length=100, examples=["atw_x"])]


@browsers.get(
    "/atrium.js",
    permission=PUBLIC,
    summary="The script for a site's pages",
    response_class=Response,
    responses={
        200: {"content": {"text/javascript": {}}, "description": "The script."},
        304: {"description": "As before"},
    },
)
async def get_script(request: Request) -> Response:
    """The script that a source's snippet loads, under 3 kB."""
    if _TAG in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=_SCRIPT_HEADERS)
    return Response(SCRIPT, media_type="text/javascript", headers=_SCRIPT_HEADERS)


@browsers.get(
    "/projects/{write_key}/settings",
    permission=PUBLIC,
    summary="Settings of analytics.js",
    response_model=dict[str, Any],
)
async def get_settings(request: Request, write_key: WriteKey) -> Response:
    """What Segment's `@segment/analytics-next` fetches from its `cdnURL`: no destinations, events come here.

    404 for an unknown write key. The answer is kept for five minutes.
    """
    try:
        await service.authenticate(write_key, request.headers.get("origin"))
    except Unauthenticated:
        raise NotFound(kind="source", id=write_key) from None
    return JSONResponse(_settings(write_key, request.url.scheme, request.url.netloc), headers=_SETTINGS_HEADERS)


_SETTINGS_HEADERS = {"cache-control": "public, max-age=300"}


def _settings(write_key: str, scheme: str, host: str) -> dict[str, Any]:
    """In the shape of https://cdn.segment.com/v1/projects/<key>/settings."""
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": f"{host}/v1",
                "protocol": scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": True,
                "maybeBundledConfigIds": {},
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {"track": _ALL, "identify": _ALL, "group": _ALL},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


@browsers.post(
    "/m",
    permission=PUBLIC,
    summary="Metrics of analytics.js",
    response_model=dict[str, bool],
    responses={200: {"content": {"application/json": {"example": {"success": True}}}}},
)
async def take_metrics() -> dict[str, bool]:
    """What Segment's library tells its makers about itself: taken, so that it is content, and forgotten."""
    return {"success": True}
