"""Answers as bytes: one way to write a model, for what is sent and for what is kept to be sent again."""

from pydantic import BaseModel
from starlette.responses import Response


def write_json(result: BaseModel, status: int) -> Response:
    """The model as JSON without detours; its version becomes the ETag."""
    response = Response(result.__pydantic_serializer__.to_json(result), status, media_type="application/json")
    version = getattr(result, "version", None)
    if isinstance(version, int):
        response.headers["etag"] = f'"{version}"'
    return response
