"""Shapes made of rows: what our own tables hold was checked when it went in, so it leaves without a second check."""

from typing import Any, TypeVar

from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)

_set = object.__setattr__


def as_stored(model: type[M], values: dict[str, Any]) -> M:
    """The model of exactly these values: every field, in order, of its type already. The dictionary becomes its own.

    `model_construct` does the same for incomplete values, aliases and extras, at ten times the price: it shows in
    every page of a list.
    """
    made = model.__new__(model)
    _set(made, "__dict__", values)
    _set(made, "__pydantic_fields_set__", set(values))
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made
