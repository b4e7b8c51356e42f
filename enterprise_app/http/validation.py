"""Pydantic's findings as our field problems: one code for each kind of mistake, with the numbers its text needs."""

from collections.abc import Mapping, Sequence
from typing import Any

from enterprise_app.core.errors import FieldProblem

_CODES = {
    "missing": "required",
    "json_invalid": "json_invalid",
    "extra_forbidden": "unknown_field",
    "enum": "not_one_of",
    "literal_error": "not_one_of",
    "union_tag_invalid": "not_one_of",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "bad_pattern",
    "string_unicode": "bad_unicode",
    "too_short": "too_few",
    "too_long": "too_many",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large_value",
    "less_than_equal": "too_large_value",
    "finite_number": "must_be_number",
    "model_type": "must_be_object",
    "model_attributes_type": "must_be_object",
    "dict_type": "must_be_object",
    "list_type": "must_be_list",
    "timezone_aware": "must_be_instant",
}
_BY_PREFIX = {
    "string_": "must_be_text",
    "int_": "must_be_integer",
    "float_": "must_be_number",
    "decimal_": "must_be_number",
    "bool_": "must_be_boolean",
    "datetime_": "must_be_instant",
    "date_": "must_be_date",
    "uuid_": "must_be_uuid",
    "url_": "must_be_url",
}
_WHERE = frozenset({"body", "query", "path", "header", "cookie"})


def problems_in(errors: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """One problem for each finding; `field` is dotted and without `body`, `query` and the like."""
    return [
        FieldProblem("body" if error["type"] == "json_invalid" else _field(error["loc"]), *_code(error))
        for error in errors
    ]


def _field(location: Sequence[str | int]) -> str:
    parts = [str(part) for part in location]
    inner = parts[1:] if parts and parts[0] in _WHERE else parts
    return ".".join(inner) or (parts[0] if parts else "body")


def _code(error: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    kind, ctx = error["type"], error.get("ctx") or {}
    if kind == "value_error":
        return _value_error(str(error["msg"]))
    code = _CODES.get(kind) or next((c for prefix, c in _BY_PREFIX.items() if kind.startswith(prefix)), "bad_value")
    return code, _params(ctx) | ({"message": error["msg"]} if code == "bad_value" else {})


def _value_error(message: str) -> tuple[str, dict[str, Any]]:
    """A validator of ours raises ValueError with a code that has a text; anything else is shown as it is."""
    text = message.removeprefix("Value error, ")
    if "email address" in text:
        return "must_be_email", {}
    return (text, {}) if text.isidentifier() else ("bad_value", {"message": text})


def _params(ctx: Mapping[str, Any]) -> dict[str, Any]:
    """The bound, however pydantic calls it."""
    params: dict[str, Any] = {name: str(ctx[name]) for name in ("expected", "pattern") if name in ctx}
    for ours, theirs in (("min", ("min_length", "ge", "gt")), ("max", ("max_length", "le", "lt"))):
        for name in theirs:
            if name in ctx:
                params[ours] = ctx[name] if isinstance(ctx[name], int | float) else str(ctx[name])
    return params
