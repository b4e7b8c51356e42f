"""Examples of the document: what the shapes' own examples add up to, so that none is written twice."""

from typing import Any

Schema = dict[str, Any]
Schemas = dict[str, Schema]

SOME_ID = "0197a3c2-7c5e-7d10-9a56-1f1f3f0a7b42"
_BY_FORMAT = {
    "uuid": SOME_ID,
    "date": "2026-03-01",
    "date-time": "2026-03-01T09:30:00Z",
    "password": "correct horse battery",
    "binary": "",
}
_BY_TYPE: dict[str, Any] = {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "null": None, "object": {}}


def example_of(schema: Schema, schemas: Schemas, *, whole: bool) -> Any:
    """A value of the schema. Not `whole`: only what must be sent and what has an example of its own."""
    schema = resolve(schema, schemas)
    for given in ("example", "const"):
        if given in schema:
            return schema[given]
    if examples := schema.get("examples"):
        return examples[0]
    if schema.get("enum"):
        return schema["enum"][0]
    if "properties" in schema:
        return _object(schema, schemas, whole)
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}), schemas, whole=whole)]
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", "object"), {}))


def resolve(schema: Schema, schemas: Schemas) -> Schema:
    """The schema behind references, and behind a choice with null."""
    while True:
        if "example" in schema or "examples" in schema:
            return schema
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            schema = next((s for s in choices if s.get("type") != "null"), choices[0])
        else:
            return schema


def _object(schema: Schema, schemas: Schemas, whole: bool) -> dict[str, Any]:
    required = schema.get("required", ())
    return {
        name: example_of(part, schemas, whole=whole)
        for name, part in schema["properties"].items()
        if whole or name in required or "examples" in part or "example" in part
    }


def add_examples(operation: dict[str, Any], schemas: Schemas) -> None:
    """Give bodies, answers and ids of an operation an example where they have none."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        _add(content, schemas, whole=False)
    for status, response in operation["responses"].items():
        if status.startswith("2") and "application/json" in response.get("content", {}):
            _add(response["content"]["application/json"], schemas, whole=True)
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter.setdefault("example", example_of(parameter["schema"], schemas, whole=False))


def _add(content: dict[str, Any], schemas: Schemas, *, whole: bool) -> None:
    if content.get("schema") and "example" not in content and "examples" not in content:
        content["example"] = example_of(content["schema"], schemas, whole=whole)
