"""From what a form posted to a checked shape: every problem at its field, in the words of the API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from enterprise_app.core.errors import AtriumError, Invalid, NotFound
from enterprise_app.http.validation import problems_in

T = TypeVar("T", bound=BaseModel)
E = TypeVar("E", bound=StrEnum)


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


def id_of(text: str) -> UUID:
    """The id that a handler was called with. Raises NotFound: what is no id names nothing."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def choice_of(choices: type[E], text: str, field: str = "action") -> E:
    """The member of a closed list that a handler was called with. Raises Invalid."""
    try:
        return choices(text)
    except ValueError:
        raise Invalid.of(field, "not_one_of", expected=", ".join(choices)) from None


@contextmanager
def told_at(field: str) -> Iterator[None]:
    """In dialogs: a refusal that concerns no field is told at this one, because a message would lie behind."""
    try:
        yield
    except Invalid:
        raise
    except AtriumError as error:
        if error.status >= 500:
            raise
        raise Invalid.of(field, error.code, **error.params) from error
