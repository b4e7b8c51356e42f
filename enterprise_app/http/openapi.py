"""The OpenAPI 3.1 document: FastAPI's, completed with what our routes have in common, said once."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from enterprise_app.http.examples import add_examples
from enterprise_app.http.problems import MEDIA_TYPE, Problem

DESCRIPTION = """Everything the interface does, over HTTP. Errors are `application/problem+json` with a stable `code`.
Lists take `limit`, `cursor`, `sort`, `filter` and `q`. A creating POST takes an `Idempotency-Key`, an update needs
`If-Match` with the `ETag` that you read. Every answer carries `X-Request-ID`."""

_SCHEMES: dict[str, Any] = {
    "token": {"type": "http", "scheme": "bearer", "description": "Token of `POST /api/v1/auth/token`, or an API key."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key, `atr_…`."},
    "session": {"type": "apiKey", "in": "cookie", "name": "atrium_session", "description": "The browser's session."},
}
_ERRORS = {
    "400": "The request cannot be read",
    "401": "Nobody we know",
    "402": "A limit of the plan is reached",
    "403": "Not allowed",
    "404": "Not there, or not yours",
    "409": "The state of things forbids it now",
    "410": "It was there: expired, used or revoked",
    "413": "Too large",
    "422": "Some fields cannot be taken",
    "428": "An update without `If-Match`",
    "429": "Too many calls",
    "500": "Our mistake, logged under the request id",
    "503": "Something we depend on is down",
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own id of this request: a repetition within a day gets the first answer and does nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "0b9f7c3e-order-17",
}
_RATE_HEADERS = {
    "RateLimit-Limit": {"schema": {"type": "string"}, "description": "Calls that the plan grants an hour."},
    "RateLimit-Remaining": {"schema": {"type": "string"}, "description": "Calls that are left of this hour."},
    "RateLimit-Reset": {"schema": {"type": "string"}, "description": "Seconds until the next hour."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": '`"hour";q=100;w=3600`'},
    "RateLimit": {"schema": {"type": "string"}, "description": 'What is left: `"hour";r=99;t=3600`.'},
    "X-Request-ID": {"schema": {"type": "string"}, "description": "The id of this request in our logs."},
}


def document(api: FastAPI) -> dict[str, Any]:
    """The document, made once per application."""
    if api.openapi_schema is None:
        schema = get_openapi(
            title=api.title, version=api.version, openapi_version="3.1.0", description=DESCRIPTION, routes=api.routes
        )
        api.openapi_schema = _complete(schema)
    return api.openapi_schema


def _complete(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["responses"] = {status: _error(text) for status, text in _ERRORS.items()}
    for path, operations in schema.get("paths", {}).items():
        for method, operation in operations.items():
            _complete_operation(path, method, operation)
            add_examples(operation, schemas)
    return schema


def _error(text: str) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content, "headers": {"X-Request-ID": _RATE_HEADERS["X-Request-ID"]}}


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    permission = operation.get("x-permission")
    if permission is None:
        return
    public = permission == "public"
    if not public:
        operation["security"] = [{name: []} for name in _SCHEMES]
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds `{permission}`.".strip()
    if operation.pop("x-idempotent", False):
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    responses = operation["responses"]
    declared = responses.keys() & _ERRORS.keys()
    for status in sorted(_possible(path, method, operation, public) | declared):
        if status == "422" or "content" not in responses.get(status, {}):
            responses[status] = {"$ref": f"#/components/responses/{status}"}
    for status, response in responses.items():
        if status.startswith("2"):
            response["headers"] = _RATE_HEADERS | response.get("headers", {})


def _possible(path: str, method: str, operation: dict[str, Any], public: bool) -> set[str]:
    """Which of the common errors an operation may answer."""
    statuses = {"400", "404", "422", "429", "500", "503"}
    if not public:
        statuses |= {"400", "401", "402", "403", "404"}
    if "{" in path:
        statuses |= {"404"}
    if method != "get":
        statuses |= {"400", "402", "403", "409", "410", "413", "401", "404"}
    if any(p.get("name") == "if-match" for p in operation.get("parameters", [])):
        statuses |= {"428"}
    return statuses
