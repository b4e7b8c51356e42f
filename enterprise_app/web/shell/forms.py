"""From what a form posted to a checked shape: every problem at its field, in the words of the API."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from enterprise_app.core.errors import Invalid
from enterprise_app.http.validation import problems_in

T = TypeVar("T", bound=BaseModel)


def checked(shape: type[T], values: Mapping[str, Any]) -> T:
    """The shape made of the values. Raises Invalid with a problem for each bad field."""
    try:
        return shape.model_validate(dict(values))
    except ValidationError as error:
        raise Invalid(problems_in(error.errors(include_url=False))) from None


def text_of(form: Mapping[str, Any], name: str) -> str:
    """One field of a form as trimmed text; whatever a hostile browser sent instead becomes ""."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
