"""What the API's document says of the OFREP routes, which take the request themselves."""

from typing import Any

_DETAILS = {"type": "string", "description": "For logs."}
_KEY = {"type": "string", "examples": ["new-checkout"]}
_CODES = ["PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"]
_SUCCESS = {
    "type": "object",
    "required": ["key", "value", "variant", "reason"],
    "properties": {
        "key": _KEY,
        "value": {"description": "Of the flag's kind."},
        "variant": {"type": "string", "description": "The variation's key."},
        "reason": {"type": "string", "enum": ["STATIC", "DEFAULT", "TARGETING_MATCH", "SPLIT", "DISABLED"]},
        "metadata": {"type": "object", "description": "`experiment` and `planVersion` where one answers."},
    },
}
_ANSWER = {"key": "new-checkout", "value": True, "variant": "on", "reason": "TARGETING_MATCH"}
_ASKED = {"context": {"targetingKey": "u-5", "country": "DE"}}
_AUTH = (
    "With a source's write key (public, for browsers) or an API key with `flags:evaluate`, as bearer token or in the "
    "header `X-API-Key`. Programs don't call this themselves: an OpenFeature SDK with its OFREP provider does, with "
    "the platform's address as base URL."
)


def _body(example: Any, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema, "example": example}}}


def _failure(codes: list[str], code: str, *, key: bool) -> dict[str, Any]:
    properties: dict[str, Any] = {"errorCode": {"type": "string", "enum": codes}, "errorDetails": _DETAILS}
    example = {"errorCode": code, "errorDetails": "Why."}
    if key:
        properties, example = {"key": _KEY, **properties}, {"key": "new-checkout", **example}
    required = ["key", "errorCode"] if key else ["errorCode"]
    return _body(example, {"type": "object", "required": required, "properties": properties})


def _responses(success: dict[str, Any], bad: dict[str, Any], more: dict[int | str, Any]) -> dict[int | str, Any]:
    plain = _body({"errorDetails": "Why."}, {"type": "object", "properties": {"errorDetails": _DETAILS}})
    return {
        200: {"description": "Answered"} | success,
        400: {"description": "A request that can't be taken"} | bad,
        401: {"description": "No credential, or an unknown one"} | plain,
        403: {"description": "Not with this credential, or not from this site"} | plain,
        429: {"description": "Too many calls; `Retry-After` says how long to wait"} | plain,
    } | more  # fmt: skip


def _request(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {
            "context": {
                "type": "object",
                "description": "`targetingKey`: who asks, by the id that events have (userId or anonymousId); and "
                "whatever else rules ask for. What is missing is looked for among the traits of the profile.",
            }
        },
    }
    return {"requestBody": _body(_ASKED, schema), "parameters": parameters}


SINGLE: dict[str, Any] = {
    "summary": "Evaluate a flag",
    "description": _AUTH,
    "name": "evaluate_flag",
    "responses": _responses(
        _body(_ANSWER, _SUCCESS),
        _failure(_CODES, "TARGETING_KEY_MISSING", key=True),
        {404: {"description": "No such flag"} | _failure(["FLAG_NOT_FOUND"], "FLAG_NOT_FOUND", key=True)},
    ),
    "openapi_extra": _request(
        [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "example": "new-checkout"}]
    ),
}
BULK: dict[str, Any] = {
    "summary": "Evaluate all flags",
    "description": _AUTH + " With `If-None-Match`, 304 while nothing changed for who asks.",
    "name": "evaluate_flags",
    "responses": _responses(
        _body({"flags": [_ANSWER]}, {"type": "object", "required": ["flags"], "properties": {
            "flags": {"type": "array", "items": {"oneOf": [
                _SUCCESS,
                {"type": "object", "required": ["key", "errorCode"], "properties": {
                    "key": _KEY, "errorCode": {"type": "string"}, "errorDetails": _DETAILS}},
            ]}},
        }}),
        _failure(_CODES, "PARSE_ERROR", key=False),
        {304: {"description": "As the `ETag` in `If-None-Match` says"}},
    ),
    "openapi_extra": _request(
        [{"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
          "description": "The `ETag` of the answer you have."}]
    ),
}  # fmt: skip
